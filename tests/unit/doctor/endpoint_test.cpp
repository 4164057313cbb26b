// Tests of the spellings of sockets.
#include "lib/doctor/endpoint.hpp"

#include "tests/support/catch.hpp"

namespace postern::doctor {
namespace {

TEST_CASE("parse_postfix_endpoint: as Postfix writes sockets", "[doctor]") {
  const auto [text, written] = GENERATE(table<std::string, std::string>({
      {"inet:localhost:8891", "inet:localhost:8891"},
      {"inet:[::1]:8891", "inet:[::1]:8891"},
      {"inet:192.0.2.1:1", "inet:192.0.2.1:1"},
      {"unix:/run/x.sock", "unix:/run/x.sock"},
      {"local:private/x", "unix:private/x"},
      {"inet:localhost:0", ""},
      {"inet:localhost:65536", ""},
      {"inet:localhost:milter", ""},
      {"unix:", ""},
      {"/run/x.sock", ""},
      {"", ""},
  }));
  const auto endpoint = parse_postfix_endpoint(text);
  CHECK(endpoint.has_value() == !written.empty());
  if (endpoint) CHECK(endpoint->text() == written);
}

TEST_CASE("parse_libmilter_endpoint: as libmilter writes sockets", "[doctor]") {
  const auto [text, written] = GENERATE(table<std::string, std::string>({
      {"inet:8891@127.0.0.1", "inet:127.0.0.1:8891"},
      {"inet6:8891@[::1]", "inet:[::1]:8891"},
      {"unix:/run/x.sock", "unix:/run/x.sock"},
      {"/run/x.sock", "unix:/run/x.sock"},
      {"inet:x@127.0.0.1", ""},
      {"tcp:1@h", ""},
  }));
  const auto endpoint = parse_libmilter_endpoint(text);
  CHECK(endpoint.has_value() == !written.empty());
  if (endpoint) CHECK(endpoint->text() == written);
}

TEST_CASE("is_same_socket: local addresses and tidy paths match", "[doctor]") {
  const auto [a, b, same] = GENERATE(table<std::string, std::string, bool>({
      {"inet:localhost:1", "inet:127.0.0.1:1", true},
      {"inet:[::1]:1", "inet:localhost:1", true},
      {"inet:localhost:1", "inet:localhost:2", false},
      {"inet:192.0.2.1:1", "inet:127.0.0.1:1", false},
      {"unix:/a//b/./c", "unix:/a/b/c", true},
      {"unix:/a", "inet:localhost:1", false},
  }));
  CHECK(is_same_socket(*parse_postfix_endpoint(a), *parse_postfix_endpoint(b)) == same);
}

}  // namespace
}  // namespace postern::doctor
