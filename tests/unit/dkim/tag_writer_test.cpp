#include "lib/dkim/tag_writer.hpp"

#include <algorithm>

#include "lib/dkim/tag_list.hpp"
#include "tests/support/catch.hpp"

namespace postern::dkim {
namespace {

// Octets of the longest line of a field "DKIM-Signature:" + body.
std::size_t longest_line(const std::string& body) {
  const std::string field = "DKIM-Signature:" + body;
  std::size_t longest = 0;
  for (std::size_t begin = 0, end = 0; end != field.npos; begin = end + 2) {
    end = field.find("\r\n", begin);
    longest = std::max(longest, std::min(end, field.size()) - begin);
  }
  return longest;
}

std::string without_folding(const std::string& body) {
  std::string text;
  for (const char c : body) {
    if (c != '\r' && c != '\n' && c != '\t' && c != ' ') text += c;
  }
  return text;
}

TEST_CASE("TagWriter: a small field", "[dkim]") {
  TagWriter tags("DKIM-Signature");
  tags.add("v", "1");
  tags.add_list("h", {"from", "to"});
  tags.add_empty("b");
  CHECK(tags.body() == " v=1; h=from:to;\r\n\tb=");
  tags.append_base64("QUJD");
  CHECK(tags.body() == " v=1; h=from:to;\r\n\tb=QUJD");
}

TEST_CASE("TagWriter: lines stay within 78 octets, whatever the sizes", "[dkim][rfc5322-2.1.1]") {
  for (std::size_t size = 0; size < 200; ++size) {
    CAPTURE(size);
    TagWriter tags("DKIM-Signature");
    const std::string filler(size % 60, 'd');
    tags.add("d", filler);
    const std::vector<std::string> names(size, std::string(1 + size % 40, 'n'));
    tags.add_list("h", names);
    tags.add("s", filler);
    tags.add_empty("b");
    tags.append_base64(std::string(size * 5, 'A'));
    CHECK(longest_line(tags.body()) <= TagWriter::max_line_size);
    CHECK(tags.body().find("b=\r\n") == std::string::npos);
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ":") + name;
    CHECK(without_folding(tags.body()) ==
          "d=" + filler + ";h=" + list + ";s=" + filler + ";b=" + std::string(size * 5, 'A'));
    CHECK(parse_tag_list(tags.body()).has_value());
  }
}

TEST_CASE("TagWriter: a value that must not be broken has a line of its own", "[dkim]") {
  TagWriter tags("DKIM-Signature");
  tags.add("v", "1");
  tags.add("d", std::string(253, 'd'));
  tags.add("s", "x");
  CHECK(tags.body() == " v=1;\r\n\td=" + std::string(253, 'd') + ";\r\n\ts=x");
}

}  // namespace
}  // namespace postern::dkim
