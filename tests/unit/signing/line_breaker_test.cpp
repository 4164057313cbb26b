// Long lines as Postfix sends them.
#include "lib/signing/line_breaker.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace postern::signing {
namespace {

std::string broken(std::string_view text, std::size_t limit, std::size_t piece) {
  std::string result;
  const auto sink = [&](std::string_view octets) { result += octets; };
  LineBreaker breaker(limit);
  for (std::size_t at = 0; at < text.size(); at += piece) breaker.put(text.substr(at, piece), sink);
  breaker.finish(sink);
  return result;
}

TEST_CASE("LineBreaker: lines within the limit stay", "[signing]") {
  for (const char* text : {"", "\r\n", "12345", "12345\r\n", "12345\r\n\r\n1\r\n", "1\r2\n3\r\n"}) {
    for (std::size_t piece = 1; piece < 8; ++piece) CHECK(broken(text, 5, piece) == text);
  }
}

TEST_CASE("LineBreaker: what does not fit follows after a space", "[signing]") {
  for (std::size_t piece = 1; piece < 20; ++piece) {
    CHECK(broken("123456\r\n", 5, piece) == "12345\r\n 6\r\n");
    CHECK(broken("1234567890abcd", 5, piece) == "12345\r\n 6789\r\n 0abc\r\n d");
    CHECK(broken("123456789\r\nx\r\n", 5, piece) == "12345\r\n 6789\r\nx\r\n");
    CHECK(broken("1234\rx\r\n", 5, piece) == "1234\r\r\n x\r\n");
    CHECK(broken("12345\r", 5, piece) == "12345\r\n \r");
  }
}

TEST_CASE("LineBreaker: no limit", "[signing]") {
  const std::string text(5000, 'x');
  CHECK(broken(text, 0, 100) == text);
}

}  // namespace
}  // namespace postern::signing
