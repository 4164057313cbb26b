#include "lib/socketmap/netstring.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace postern::socketmap {
namespace {

std::vector<std::string> read_all(NetstringReader& reader, std::string_view bytes,
                                  std::size_t piece) {
  std::vector<std::string> contents;
  while (!bytes.empty()) {
    reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (const auto content = reader.next()) contents.push_back(*content);
  }
  return contents;
}

TEST_CASE("NetstringReader: the same in whatever pieces", "[socketmap]") {
  const std::vector<std::string> contents = {"hello", "", std::string("a\0,b:", 5),
                                             std::string(max_netstring_size, 'x'), "last"};
  std::string stream;
  for (const std::string& content : contents) stream += format_netstring(content);
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{4096}, stream.size()}) {
    NetstringReader reader;
    CHECK(read_all(reader, stream, piece) == contents);
    CHECK_FALSE(reader.has_failed());
    CHECK_FALSE(reader.is_amid());
  }
}

TEST_CASE("NetstringReader: an end amid a netstring shows", "[socketmap]") {
  for (const char* part : {"5", "5:", "5:hell", "5:hello"}) {
    NetstringReader reader;
    CHECK(read_all(reader, part, 1).empty());
    CHECK_FALSE(reader.has_failed());
    CAPTURE(part);
    // Behind "5:" only the expected content is missing.
    CHECK((reader.is_amid() || std::string_view(part) == "5:"));
  }
}

TEST_CASE("NetstringReader: what is none fails for good", "[socketmap][security]") {
  const auto stream =
      GENERATE(as<std::string>{}, ":", "x", "-1:,", "+1:a,", " 1:a,", "1 :a,", "01:a,", "00:,",
               "5:helloX", "3:hello,", "100001:", "1000000", "99999999999999999999999:", "\n");
  for (const std::size_t piece : {std::size_t{1}, stream.size()}) {
    CAPTURE(stream, piece);
    NetstringReader reader;
    CHECK(read_all(reader, stream, piece).empty());
    CHECK(reader.has_failed());
    reader.feed("5:hello,");
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("NetstringReader: a smaller limit", "[socketmap]") {
  NetstringReader reader(4);
  CHECK(read_all(reader, "4:abcd,", 1) == std::vector<std::string>{"abcd"});
  reader.feed("5:");
  CHECK_FALSE(reader.next());
  CHECK(reader.has_failed());
}

TEST_CASE("format_netstring: cuts what nobody may read", "[socketmap]") {
  CHECK(format_netstring("") == "0:,");
  CHECK(format_netstring("abc") == "3:abc,");
  NetstringReader reader;
  reader.feed(format_netstring(std::string(max_netstring_size + 5, 'a')));
  CHECK(reader.next() == std::string(max_netstring_size, 'a'));
}

}  // namespace
}  // namespace postern::socketmap
