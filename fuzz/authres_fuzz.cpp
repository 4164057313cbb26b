// Authentication-Results: what a peer chose is one value in one field and comes back as written,
// and no field that a reader could take for ours is called foreign.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support.hpp"
#include "lib/authres/authentication_results.hpp"
#include "lib/authres/parse.hpp"
#include "lib/base/ascii.hpp"

namespace {

using namespace postern;
using fuzz::require;

constexpr std::string_view own_id = "mx.example.org";

// The value a reader shall see.
std::string to_written(std::string_view text) {
  std::string written;
  for (const char c : text.substr(0, authres::max_value_size)) {
    written += ascii::is_printable(c) ? c : '?';
  }
  return written;
}

std::vector<authres::ResInfo> take_results(std::string_view bytes) {
  std::vector<authres::ResInfo> results;
  const auto take = [&](std::size_t size) {
    const std::string part(bytes.substr(0, size));
    bytes.remove_prefix(part.size());
    return part;
  };
  while (!bytes.empty() && results.size() < 8) {
    const auto first = static_cast<unsigned char>(bytes.front());
    authres::ResInfo info{static_cast<authres::Method>(first % 6),
                          static_cast<authres::Result>(first / 6 % 8),
                          take(first % 16),
                          take(first % 7),
                          {}};
    for (unsigned more = first % 4; more > 0; --more) {
      info.properties.push_back(
          {more % 2 == 1 ? authres::property::header_d : authres::property::smtp_mailfrom,
           take(first % 64 * more)});
    }
    if (bytes.size() > 1000) info.properties.push_back({authres::property::header_i, take(900)});
    results.push_back(std::move(info));
    take(1);
  }
  return results;
}

void check_lines(std::string_view field) {
  while (!field.empty()) {
    const std::size_t end = std::min(field.find('\n'), field.size());
    require(end < 998);
    require(std::all_of(field.begin(), field.begin() + static_cast<std::ptrdiff_t>(end),
                        ascii::is_printable));
    if (end == field.size()) return;
    require(field.substr(end, 2) == "\n\t");
    field.remove_prefix(end + 2);
  }
}

void check_format(std::string_view bytes) {
  const std::vector<authres::ResInfo> written = take_results(bytes);
  const std::string field = authres::format(own_id, written);
  check_lines(field);
  require(authres::is_ours(field, own_id));
  require(!authres::is_ours(field, "mx.other.example"));
  const auto read = authres::parse(field);
  require(read && read->complete && read->authserv_id == own_id);
  require(read->results.size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    const authres::ReportedResult& seen = read->results[i];
    require(authres::parse_method(seen.method) == written[i].method);
    require(authres::parse_result(seen.result) == written[i].result);
    require(seen.reason == to_written(written[i].reason));
    require(seen.properties.size() == written[i].properties.size());
    for (std::size_t k = 0; k < seen.properties.size(); ++k) {
      require(seen.properties[k].type + "." + seen.properties[k].name ==
              written[i].properties[k].name);
      require(seen.properties[k].value == to_written(written[i].properties[k].value));
    }
  }
  // An operator's odd identifier is still known again.
  const std::string id = to_written(bytes.substr(0, 40));
  require(authres::is_ours(authres::format(id, written), id));
}

bool has_id(const std::string& body) {
  return authres::parse_authserv_id(body).has_value();
}

void check_body(const std::string& body) {
  const auto read = authres::parse(body);
  const bool is_ours = authres::is_ours(body, own_id);
  require(is_ours || has_id(body));
  require(authres::is_ours("(x) " + body, own_id) == is_ours);
  if (read) {
    require(has_id(body) && *authres::parse_authserv_id(body) == read->authserv_id);
    require(is_ours || !ascii::equals_ignoring_case(read->authserv_id, own_id));
    require(read->results.size() <= authres::max_results);
    for (const authres::ReportedResult& result : read->results) {
      require(!result.method.empty() && !result.result.empty());
      require(result.properties.size() <= authres::max_properties);
    }
    // One statement more is one result more.
    const auto longer = authres::parse(body + ";spf=pass");
    if (body.size() < 1000 && read->results.size() < authres::max_results) {
      require(longer && longer->results.size() == read->results.size() + 1);
    }
  } else {
    require(read.error().offset <= body.size() && !read.error().problem.empty());
  }
  const auto arc = authres::parse_arc("i=7;" + body);
  require(arc.has_value() == read.has_value());
  if (arc) require(arc->instance == 7 && arc->results == *read);
  const auto wild = authres::parse_arc(body);
  require(!wild || (wild->instance >= 1 && wild->instance <= authres::max_arc_instance));
}

// Bytes to words of the grammar, so that most inputs are nearly fields.
std::string in_words(std::string_view bytes) {
  constexpr std::string_view words[] = {"mx.example.org",
                                        "MX.Example.Org",
                                        "mx",
                                        ".",
                                        ";",
                                        "; ",
                                        "=",
                                        " = ",
                                        "spf",
                                        "dkim",
                                        "pass",
                                        "none",
                                        "header",
                                        "smtp",
                                        ".d",
                                        ".mailfrom",
                                        "a.example",
                                        "\"",
                                        "\\",
                                        "(",
                                        ")",
                                        "/",
                                        "1",
                                        " ",
                                        "\r\n\t",
                                        "reason",
                                        "\"x;y\"",
                                        "(c)",
                                        "@",
                                        "i=1;",
                                        "\x80",
                                        "\x01",
                                        ";spf=pass",
                                        " header.d=",
                                        " smtp.helo=",
                                        ","};
  return fuzz::in_words(bytes, words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(fuzz::text_of(data, size));
  const std::string words = in_words(input);
  check_format(input);
  check_format(words);
  check_body(input);
  check_body(words);
  return 0;
}
