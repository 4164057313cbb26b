#include "lib/antispam/spamd/protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "lib/base/ascii.hpp"

namespace postern::antispam::spamd {
namespace {

constexpr int exit_unavailable = 69;
constexpr int exit_protocol = 76;
constexpr int exit_timeout = 79;

struct MethodName {
  std::string_view name;
  Method method;
};

constexpr std::array methods = {
    MethodName{"PROCESS", Method::process}, MethodName{"CHECK", Method::check},
    MethodName{"SYMBOLS", Method::symbols}, MethodName{"REPORT", Method::report},
    MethodName{"HEADERS", Method::headers}, MethodName{"REPORT_IFSPAM", Method::report_ifspam},
    MethodName{"TELL", Method::tell},       MethodName{"PING", Method::ping},
    MethodName{"SKIP", Method::skip}};

std::optional<std::string_view> next_line(std::string_view& rest) {
  const std::size_t newline = rest.find('\n');
  if (newline == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view line = rest.substr(0, newline);
  rest.remove_prefix(newline + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

bool contains_word(std::string_view value, std::string_view word) {
  return ascii::to_lower(value).find(word) != std::string::npos;
}

Expected<Request, Refusal> read_request_line(std::string_view line) {
  const std::size_t blank = line.find(' ');
  const std::string_view name = line.substr(0, blank);
  constexpr std::string_view protocol = " SPAMC/";
  Request request;
  for (const MethodName& method : methods) {
    if (method.name != name || blank == std::string_view::npos ||
        !line.substr(blank).starts_with(protocol)) {
      continue;
    }
    request.method = method.method;
    const std::string_view version = line.substr(blank + protocol.size());
    const auto read =
        std::from_chars(version.data(), version.data() + version.size(), request.version);
    if (read.ec == std::errc() && request.version >= 0 && request.version < 100) {
      return request;
    }
  }
  return Unexpected<Refusal>(bad_request("(a request begins with METHOD SPAMC/VERSION)"));
}

std::optional<Refusal> read_length(std::string_view value, Request& request) {
  if (value.empty()) {
    return std::nullopt;
  }
  std::size_t length = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), length);
  if (read.ec != std::errc() || read.ptr != value.data() + value.size()) {
    return bad_request("(Content-Length contains non-numeric bytes)");
  }
  request.content_length = length;
  return std::nullopt;
}

std::optional<Refusal> read_user(std::string_view value, Request& request) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20) {
      return bad_request("(User header contains control chars)");
    }
  }
  request.user = value;
  return std::nullopt;
}

std::optional<Refusal> read_class(std::string_view value, Request& request) {
  if (ascii::equals_ignoring_case(value, "spam")) {
    request.message_class = MessageClass::spam;
  } else if (ascii::equals_ignoring_case(value, "ham")) {
    request.message_class = MessageClass::ham;
  } else {
    return bad_request("(Message-class header contains invalid class)");
  }
  return std::nullopt;
}

std::optional<Refusal> read_header(std::string_view line, Request& request) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return bad_request("(header not in 'Name: value' format)");
  }
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  const auto is = [name](std::string_view other) {
    return ascii::equals_ignoring_case(name, other);
  };
  if (is("Content-length")) {
    return read_length(value, request);
  }
  if (is("User")) {
    return read_user(value, request);
  }
  if (is("Message-class")) {
    return read_class(value, request);
  }
  if (is("Set")) {
    request.sets_local = contains_word(value, "local");
    request.sets_remote = contains_word(value, "remote");
  } else if (is("Remove")) {
    request.removes_local = contains_word(value, "local");
    request.removes_remote = contains_word(value, "remote");
  } else if (is("Compress")) {
    if (!contains_word(value, "zlib")) {
      return bad_request("(compression type not supported)");
    }
    request.is_compressed = true;
  }
  return std::nullopt;
}

/// Whether lines of headers follow the first line.
bool has_headers(const Request& request) {
  const bool asks_only = request.method == Method::ping || request.method == Method::skip;
  return request.version >= (asks_only ? 1.5 : 1.1);
}

std::optional<Refusal> contradiction(const Request& request) {
  if (request.is_compressed && !request.content_length) {
    return unavailable("Compress requires Content-length header");
  }
  if (request.sets_local && request.removes_local) {
    return bad_request("Unable to set local and remove local in the same operation.");
  }
  if (request.sets_remote && request.removes_remote) {
    return bad_request("Unable to set remote and remove remote in the same operation.");
  }
  return std::nullopt;
}

std::string yes_no(const Request& request, const Answer& answer) {
  const bool is_short = request.method == Method::report_ifspam;
  return answer.is_spam ? (is_short ? "Yes" : "True") : (is_short ? "No" : "False");
}

}  // namespace

Refusal bad_request(std::string_view problem) {
  return {exit_protocol, fmt::format("Bad header line: {}", problem)};
}
Refusal unavailable(std::string_view problem) {
  return {exit_unavailable, fmt::format("Service Unavailable: {}", problem)};
}
Refusal timed_out(std::string_view problem) {
  return {exit_timeout, fmt::format("Timeout: {}", problem)};
}

Expected<std::optional<Head>, Refusal> read_head(std::string_view bytes, bool is_whole) {
  std::string_view rest = bytes;
  const auto incomplete = [&]() -> Expected<std::optional<Head>, Refusal> {
    if (is_whole) {
      return Unexpected<Refusal>(bad_request("(closed before the end of the headers)"));
    }
    if (rest.size() > max_line_size) {
      return Unexpected<Refusal>(bad_request("(line too long)"));
    }
    return std::optional<Head>();
  };
  const auto is_too_long = [&](std::string_view line) {
    return line.size() > max_line_size || bytes.size() - rest.size() > max_head_size;
  };
  const auto first = next_line(rest);
  if (!first) {
    return incomplete();
  }
  if (is_too_long(*first)) {
    return Unexpected<Refusal>(bad_request("(line too long)"));
  }
  auto request = read_request_line(*first);
  if (!request) {
    return Unexpected<Refusal>(request.error());
  }
  for (std::size_t count = 0; has_headers(*request); ++count) {
    const auto line = next_line(rest);
    if (!line) {
      return incomplete();
    }
    if (is_too_long(*line)) {
      return Unexpected<Refusal>(bad_request("(line too long)"));
    }
    if (line->empty()) {
      break;
    }
    if (count == max_header_count) {
      return Unexpected<Refusal>(bad_request("(too many headers)"));
    }
    if (auto refusal = read_header(*line, *request)) {
      return Unexpected<Refusal>(std::move(*refusal));
    }
  }
  if (auto refusal = contradiction(*request)) {
    return Unexpected<Refusal>(std::move(*refusal));
  }
  return std::optional<Head>(Head{std::move(*request), bytes.size() - rest.size()});
}

std::string format_answer(const Request& request, const Answer& answer) {
  const bool is_message = request.method == Method::process || request.method == Method::headers;
  const std::string spam =
      fmt::format("Spam: {} ; {} / {}\r\n", yes_no(request, answer), answer.score, answer.required);
  const std::string length = fmt::format("Content-length: {}\r\n", answer.content.size());
  std::string out =
      is_message && request.version < 1.2 ? "SPAMD/1.0 0 EX_OK\r\n" : "SPAMD/1.1 0 EX_OK\r\n";
  if (request.method == Method::check) {
    return out + spam + "\r\n";
  }
  if (is_message && request.version < 1.2) {
    return out + answer.content;  // such clients know no headers in a reply
  }
  if (request.version >= 1.3) {
    return out + length + spam + "\r\n" + answer.content;
  }
  if (is_message) {
    return out + length + "\r\n" + answer.content;
  }
  return out + spam + "\r\n" + answer.content + (request.method == Method::symbols ? "\r\n" : "");
}

std::string format_told(bool did_set, bool did_remove) {
  return fmt::format("SPAMD/1.1 0 EX_OK\r\n{}{}\r\n\r\n", did_set ? "DidSet: local\r\n" : "",
                     did_remove ? "DidRemove: local\r\n" : "");
}

std::string format_pong() {
  return "SPAMD/1.5 0 PONG\r\n";
}

std::string format_refusal(const Refusal& refusal) {
  return fmt::format("SPAMD/1.0 {} {}\r\n", refusal.code, refusal.text);
}

std::string_view header_section(std::string_view message) {
  std::size_t line = 0;
  while (line < message.size()) {
    const std::size_t newline = message.find('\n', line);
    if (newline == std::string_view::npos) {
      break;
    }
    const std::string_view text = message.substr(line, newline - line);
    line = newline + 1;
    if (text.empty() || text == "\r") {
      return message.substr(0, line);
    }
  }
  return message;
}

}  // namespace postern::antispam::spamd
