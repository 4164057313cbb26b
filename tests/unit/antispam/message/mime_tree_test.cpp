// Expected values are those of Mail::SpamAssassin::Message 4.0.1.
#include "lib/antispam/message/mime_tree.hpp"

#include <string>

#include "tests/support/catch.hpp"
#include "tests/unit/antispam/message/plain_environment.hpp"

namespace postern::antispam {
namespace {

std::string outline(const MimeNode& root) {
  std::string text = root.type;
  if (root.is_leaf()) return text + "=" + root.decoded;
  text += "(";
  for (const auto& child : root.children) text += outline(*child) + ";";
  return text + ")";
}

MimeTree read(std::string_view text) {
  static const Utf8Only charsets;
  return read_mime_tree(text, charsets);
}

TEST_CASE("read_mime_tree: parts end before the boundary", "[antispam]") {
  const MimeTree tree = read(
      "Content-Type: multipart/mixed; boundary=\"b\"\n\npreamble\n--b\n\na\n\n--b\n"
      "Content-Type: text/html\n\n<p>\n--b--\nepilogue\n");
  CHECK(outline(*tree.root) == "multipart/mixed(text/plain=a\n;text/html=<p>;)");
  CHECK(tree.flags.mime_epilogue_exists);
  CHECK(tree.flags.missing_mime_headers);
  CHECK_FALSE(tree.flags.missing_head_body_separator);
}

TEST_CASE("read_mime_tree: messages inside messages", "[antispam]") {
  const MimeTree tree = read(
      "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
      "U3ViamVjdDogYQ0KDQpi\n");
  CHECK(outline(*tree.root) == "message/rfc822(text/plain=b;)");
  CHECK(tree.root->children[0]->value("subject") == "a");
}

TEST_CASE("read_mime_tree: where the header ends", "[antispam]") {
  struct Case {
    std::string_view text;
    std::size_t header_size;
    bool missing_separator;
  };
  const Case cases[] = {
      {"A: b\n\nc\n", 6, false},           {"A: b\n", 5, true},
      {"A: b\n--x\nc\n", 5, true},         {"A: b\nx\ny\nz\nw\n", 11, true},
      {"From a b\nA: b\n\nc\n", 6, false}, {"A: b\r\n\r\nc\r\n", 8, false},
  };
  for (const Case& each : cases) {
    const MimeTree tree = read(each.text);
    CHECK(tree.header_size == each.header_size);
    CHECK(tree.flags.missing_head_body_separator == each.missing_separator);
    CHECK(tree.root->value("a") == "b");
  }
}

TEST_CASE("read_mime_tree: long lines of a multipart are cut", "[antispam]") {
  const std::string line(5000, 'x');
  const MimeTree tree =
      read("Content-Type: multipart/x; boundary=b\n\n--b\n\n" + line + "\n--b--\n");
  const MimeNode& part = *tree.root->children.at(0);
  REQUIRE(part.body.size() == 3);
  CHECK(part.body[0].size() == 2049);
  CHECK(part.decoded.size() == 5002);
}

TEST_CASE("read_mime_tree: many empty lines become twenty", "[antispam]") {
  const MimeTree tree = read("A: b\n\na\n" + std::string(30, '\n') + "b\n");
  CHECK(tree.root->decoded == "a\n" + std::string(20, '\n') + "b\n");
}

TEST_CASE("read_mime_tree: names and charsets", "[antispam]") {
  const MimeTree tree = read(
      "Content-Type: application/x; name*0=\"a\"; name*1=\".HTM\"; charset=\"X\"\n"
      "Content-Disposition: inline\n\n");
  CHECK(tree.root->name == "a.HTM");
  CHECK(tree.root->effective_type == "text/html");
  CHECK(tree.root->charset == "X");
}

}  // namespace
}  // namespace postern::antispam
