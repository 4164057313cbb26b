#include "lib/doctor/endpoint.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::doctor {
namespace {

std::optional<std::uint16_t> port_of(std::string_view digits) {
  constexpr std::size_t max_digits = 5;
  constexpr unsigned max_port = 65535;
  if (digits.empty() || digits.size() > max_digits) return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) {
    if (!ascii::is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value == 0 || value > max_port) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

std::string_view without_brackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    return host.substr(1, host.size() - 2);
  }
  return host;
}

std::optional<std::string_view> path_of(std::string_view text) {
  for (const std::string_view prefix : {"unix:", "local:"}) {
    if (text.starts_with(prefix)) return text.substr(prefix.size());
  }
  return std::nullopt;
}

Parsed<Endpoint> unix_endpoint(std::string_view path) {
  if (path.empty()) return parse_error(0, "socket has no path");
  return Endpoint{Endpoint::Kind::unix_path, "", 0, std::string(path)};
}

Parsed<Endpoint> inet_endpoint(std::string_view host, std::string_view port_text) {
  const auto port = port_of(port_text);
  if (!port) return parse_error(0, "port is not a number from 1 to 65535");
  return Endpoint{Endpoint::Kind::inet, std::string(without_brackets(host)), *port, ""};
}

bool is_local(const std::string& host) {
  return host.empty() || host == "localhost" || host == "127.0.0.1" || host == "::1" ||
         host == "0.0.0.0" || host == "::";
}

// Path without "//" and "/./", so that two spellings compare equal. Links are not followed.
std::string tidy(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, slash - at);
    if (!part.empty() && part != ".") out.append("/").append(part);
    at = slash + 1;
  }
  return out;
}

}  // namespace

std::string Endpoint::text() const {
  if (kind == Kind::unix_path) return "unix:" + path;
  const bool is_v6 = host.find(':') != host.npos;
  return "inet:" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Parsed<Endpoint> parse_postfix_endpoint(std::string_view text) {
  if (const auto path = path_of(text)) return unix_endpoint(*path);
  if (!text.starts_with("inet:")) return parse_error(0, "starts with neither inet: nor unix:");
  const std::string_view rest = text.substr(5);
  const std::size_t colon = rest.rfind(':');
  if (colon == rest.npos) return inet_endpoint("localhost", rest);
  return inet_endpoint(rest.substr(0, colon), rest.substr(colon + 1));
}

Parsed<Endpoint> parse_libmilter_endpoint(std::string_view text) {
  if (const auto path = path_of(text)) return unix_endpoint(*path);
  if (text.starts_with('/')) return unix_endpoint(text);
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  if (kind != "inet" && kind != "inet6") return parse_error(0, "is neither inet, inet6, nor unix");
  const std::string_view rest = text.substr(colon + 1);
  const std::size_t at = rest.find('@');
  return inet_endpoint(at == rest.npos ? "" : rest.substr(at + 1), rest.substr(0, at));
}

Endpoint resolve_path(Endpoint endpoint, const std::string& queue_directory, bool chrooted) {
  if (endpoint.kind != Endpoint::Kind::unix_path) return endpoint;
  const bool below = chrooted || !endpoint.path.starts_with('/');
  endpoint.path = tidy(below ? queue_directory + "/" + endpoint.path : endpoint.path);
  return endpoint;
}

bool is_same_socket(const Endpoint& a, const Endpoint& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Endpoint::Kind::unix_path) return tidy(a.path) == tidy(b.path);
  return a.port == b.port && (a.host == b.host || (is_local(a.host) && is_local(b.host)));
}

}  // namespace postern::doctor
