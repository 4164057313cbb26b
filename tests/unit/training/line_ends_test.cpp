#include "lib/training/line_ends.hpp"

#include "tests/support/catch.hpp"

namespace postern::training {
namespace {

TEST_CASE("with_line_ends: stored with LF or CRLF, a message is the same", "[training]") {
  const std::string sent = "a: b\r\n\r\nbody\r\nmore\r\n";
  CHECK(with_line_ends(sent) == sent);
  CHECK(with_line_ends("a: b\n\nbody\nmore\n") == sent);
  CHECK(with_line_ends("a: b\n\r\nbody\r\r\nmore\r\n") == sent);
}

TEST_CASE("with_line_ends: a CR that ends no line stays", "[training]") {
  CHECK(with_line_ends("a\rb\n") == "a\rb\r\n");
  CHECK(with_line_ends("a\r\rb") == "a\r\rb");
  CHECK(with_line_ends("a\r") == "a\r");
  CHECK(with_line_ends("").empty());
  CHECK(with_line_ends(std::string("\0\n\xFF", 3)) == std::string("\0\r\n\xFF", 4));
}

TEST_CASE("LineEnds: pieces do not matter", "[training]") {
  const std::string text = "a\r\n\r\r\nb\rc\n\r";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    LineEnds line_ends;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += size) {
      line_ends.add(std::string_view(text).substr(at, size), out);
    }
    line_ends.end(out);
    CHECK(out == with_line_ends(text));
  }
  CHECK(with_line_ends(with_line_ends(text)) == with_line_ends(text));
}

}  // namespace
}  // namespace postern::training
