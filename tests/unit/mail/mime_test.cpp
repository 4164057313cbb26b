#include "lib/mail/mime.hpp"

#include <deque>

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

const std::string multipart = "Content-Type: multipart/mixed; boundary=\"B\"\r\n\r\n";

// The text lives as long as the program, since the tree borrows from it.
MimeTree parse(std::string text, const Limits& limits = {}) {
  static std::deque<std::string> texts;
  const std::string& kept = texts.emplace_back(std::move(text));
  return parse_mime(parse_message(kept, limits), limits);
}

// "0:multipart/mixed 1:text/plain …": depth and type of each part.
std::string shape(const MimeTree& tree) {
  std::string text;
  for (const Part& part : tree.parts) {
    if (!text.empty()) text += ' ';
    text +=
        std::to_string(part.depth) + ":" + part.content_type.type + "/" + part.content_type.subtype;
  }
  return text;
}

TEST_CASE("parse_mime: a message without MIME is one part", "[mail][rfc2045-5.2]") {
  const std::string text = "Subject: x\r\n\r\nbody\r\n--B\r\n";
  const MimeTree tree = parse(text);
  CHECK(shape(tree) == "0:text/plain");
  CHECK(tree.parts[0].body == "body\r\n--B\r\n");
  CHECK(tree.parts[0].parent == no_part);
  CHECK_FALSE(tree.parts[0].is_attachment);
  CHECK(tree.defects.empty());
}

TEST_CASE("parse_mime: parts of a multipart", "[mail][rfc2046-5.1.1]") {
  const std::string text = multipart +
                           "preamble\r\n--B\r\n\r\none\r\n\r\n--B \t\r\n"
                           "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                           "YQ==\r\n--B--\r\nepilogue";
  const MimeTree tree = parse(text);
  CHECK(shape(tree) == "0:multipart/mixed 1:text/plain 1:text/html");
  CHECK(tree.parts[1].body == "one\r\n");
  CHECK(tree.parts[1].parent == 0);
  CHECK(tree.parts[2].body == "YQ==");
  CHECK(decode_body(tree.parts[2]) == "a");
  CHECK(tree.parts[0].is_container);
  CHECK(tree.parts[0].body.starts_with("preamble"));
  CHECK(tree.parts[0].body.ends_with("epilogue"));
  CHECK(tree.defects.empty());
  CHECK(tree.limits.empty());
}

TEST_CASE("parse_mime: LF line ends and empty parts", "[mail]") {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=B\n\n--B\n--B\nX: 1\n--B\n\n--B\n\n\n--B--";
  const MimeTree tree = parse(text);
  CHECK(shape(tree) == "0:multipart/mixed 1:text/plain 1:text/plain 1:text/plain 1:text/plain");
  CHECK(tree.parts[1].body.empty());
  CHECK(tree.parts[2].header.fields().size() == 1);
  CHECK(tree.parts[2].body.empty());
  CHECK(tree.parts[3].body.empty());
  CHECK(tree.parts[4].body.empty());
  CHECK(tree.defects.empty());
}

TEST_CASE("parse_mime: nested multiparts, one without end", "[mail]") {
  const std::string text = multipart +
                           "--B\r\nContent-Type: multipart/alternative; boundary=BB\r\n\r\n"
                           "--BB\r\n\r\n1\r\n--BB\r\n\r\n2\r\n--B\r\n\r\n3\r\n--B--\r\n";
  const MimeTree tree = parse(text);
  CHECK(shape(tree) ==
        "0:multipart/mixed 1:multipart/alternative 2:text/plain 2:text/plain 1:text/plain");
  CHECK(tree.parts[3].body == "2");
  CHECK(tree.parts[3].parent == 1);
  CHECK(tree.parts[4].body == "3");
  CHECK(tree.parts[4].parent == 0);
  CHECK(tree.parts[1].defects.contains(Defect::missing_end));
  CHECK(tree.parts[0].defects.empty());
}

TEST_CASE("parse_mime: embedded messages", "[mail][rfc2046-5.2.1]") {
  const std::string inner =
      "Subject: in\r\nContent-Type: multipart/mixed; boundary=I\r\n\r\n--I\r\n\r\nx\r\n--I--\r\n";
  const std::string text =
      multipart + "--B\r\nContent-Type: message/rfc822\r\n\r\n" + inner + "\r\n--B--\r\n";
  const MimeTree tree = parse(text);
  CHECK(shape(tree) == "0:multipart/mixed 1:message/rfc822 2:multipart/mixed 3:text/plain");
  CHECK(tree.parts[1].body == inner);
  CHECK(tree.parts[2].header.first("subject")->body == " in");
  CHECK(tree.parts[3].body == "x");
  CHECK(tree.defects.empty());

  const MimeTree encoded =
      parse("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogYgoK\n");
  CHECK(shape(encoded) == "0:message/rfc822");
  CHECK(encoded.defects.contains(Defect::encoded_container));

  const MimeTree digest =
      parse("Content-Type: multipart/digest; boundary=B\n\n--B\n\nSubject: x\n\ny\n--B--\n");
  CHECK(shape(digest) == "0:multipart/digest 1:message/rfc822 2:text/plain");
}

TEST_CASE("parse_mime: a delimiter line ends a header section", "[mail][security]") {
  // The boundary holds a colon, so the line could be a field.
  const MimeTree tree = parse(
      "Content-Type: multipart/mixed; boundary=\"a:b\"\n\n--a:b\nX: 1\n--a:b\n\n2\n--a:b--\n");
  CHECK(shape(tree) == "0:multipart/mixed 1:text/plain 1:text/plain");
  CHECK(tree.parts[1].header.fields().size() == 1);
  CHECK(tree.parts[2].body == "2");
}

TEST_CASE("parse_mime: every boundary of an ambiguous multipart counts", "[mail][security]") {
  const auto header = GENERATE(
      as<std::string>{}, "Content-Type: multipart/mixed; boundary=A; boundary=B\n",
      "Content-Type: multipart/mixed; boundary=A\nContent-Type: multipart/mixed; boundary=B\n",
      "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=A; boundary*=''B\n");
  const MimeTree tree = parse(header + "\n--A\n\na\n--B\n\nb\n--A--\n--B--\n");
  INFO(header);
  REQUIRE(shape(tree) == "0:multipart/mixed 1:text/plain 1:text/plain");
  CHECK(tree.parts[1].body == "a");
  CHECK(tree.parts[2].body == "b");
  CHECK(tree.defects.contains(Defect::ambiguous));
}

TEST_CASE("parse_mime: defects of boundaries", "[mail][security]") {
  struct Row {
    std::string text;
    Defect defect;
    std::size_t parts;
  };
  const auto row = GENERATE(values<Row>({
      {"Content-Type: multipart/mixed\n\n--B\n", Defect::missing_boundary, 1},
      {"Content-Type: multipart/mixed; boundary=\"\"\n\n--\nX: 1\n\nx", Defect::empty_boundary, 2},
      {"Content-Type: multipart/mixed; boundary=B\n\nx\n", Defect::no_part, 1},
      {"Content-Type: multipart/mixed; boundary=B\n\n--B\n\nx\n", Defect::missing_end, 2},
      {"Content-Type: multipart/mixed; boundary=B\n\n--B\n\n--B--\n--B\n\nx", Defect::after_end, 3},
      {"Content-Type: multipart/mixed; boundary=B\n\n--B\n\n--Bx\n--B--\n", Defect::near_boundary,
       2},
      {"Content-Type: multipart/mixed; boundary=B\n\n--B\n"
       "Content-Type: multipart/mixed; boundary=B\n\n--B\n\nx\n--B--\n--B--\n",
       Defect::ambiguous, 3},
      {"Content-Type: multipart/mixed; boundary=B\nContent-Transfer-Encoding: base64\n\n--B\n\n"
       "x\n--B--\n",
       Defect::encoded_container, 2},
      {"Content-Transfer-Encoding: x-uuencode\n\nx\n", Defect::unknown_encoding, 1},
      {"Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nx\n",
       Defect::ambiguous, 1},
      {"Content-Type: text\n\nx", Defect::bad_content_type, 1},
  }));
  INFO(row.text);
  const MimeTree tree = parse(row.text);
  CHECK(tree.defects.contains(row.defect));
  CHECK(tree.parts.size() == row.parts);
}

TEST_CASE("parse_mime: one boundary may end before the other begins", "[mail][security]") {
  const MimeTree tree = parse(
      "Content-Type: multipart/mixed; boundary=A\nContent-Type: multipart/mixed; boundary=B\n\n"
      "--A\n\na\n--A--\n--B\n\nb\n--B--\nepilogue\n");
  REQUIRE(shape(tree) == "0:multipart/mixed 1:text/plain 1:text/plain");
  CHECK(tree.parts[1].body == "a");
  CHECK(tree.parts[2].body == "b");
  CHECK_FALSE(tree.defects.contains(Defect::after_end));
  CHECK_FALSE(tree.defects.contains(Defect::missing_end));
}

TEST_CASE("parse_mime: what follows the end is a part, if no other multipart wants it",
          "[mail][security]") {
  const std::string inner = "Content-Type: multipart/mixed; boundary=B\n\n--B\n\nx\n--B--\n";
  const MimeTree tree = parse(inner + "--B\n\ny\n--B--\n");
  CHECK(tree.parts.back().body == "y");
  CHECK(tree.defects.contains(Defect::after_end));
  const MimeTree nested =
      parse("Content-Type: multipart/mixed; boundary=B\n\n--B\n" + inner + "--B\n\ny\n--B--\n");
  CHECK(shape(nested) == "0:multipart/mixed 1:multipart/mixed 2:text/plain 1:text/plain");
  CHECK_FALSE(nested.defects.contains(Defect::after_end));
}

TEST_CASE("parse_mime: a multipart without parts is no container", "[mail][security]") {
  const MimeTree tree = parse(multipart + "shown by some\r\n");
  CHECK_FALSE(tree.parts[0].is_container);
  CHECK(decode_body(tree.parts[0]) == "shown by some\r\n");
}

TEST_CASE("parse_mime: of several encodings the first real one counts", "[mail][security]") {
  const std::string cte = "Content-Transfer-Encoding: ";
  CHECK(parse(cte + "7bit\n" + cte + "base64\n" + cte + "quoted-printable\n\nYQ==")
            .parts[0]
            .encoding == TransferEncoding::base64);
  CHECK(parse(cte + "x-foo\n" + cte + "base64\n\nYQ==").parts[0].encoding ==
        TransferEncoding::base64);
}

TEST_CASE("parse_mime: attachments and their names", "[mail]") {
  struct Row {
    std::string header;
    std::string file_name;
    bool is_attachment;
  };
  const auto row = GENERATE(values<Row>({
      {"Content-Type: text/plain\n", "", false},
      {"Content-Type: text/plain\nContent-Disposition: attachment\n", "", true},
      {"Content-Type: text/plain; name=a.txt\n", "a.txt", true},
      {"Content-Type: image/png\nContent-Disposition: inline\n", "", true},
      {"Content-Type: text/html\nContent-Disposition: inline\n", "", false},
      {"Content-Type: a/b; name=x\nContent-Disposition: attachment; filename=y\n", "y", true},
      {"Content-Disposition: attachment; filename*=iso-8859-1''%FC\n", "\xc3\xbc", true},
      {"Content-Disposition: attachment; filename=\"=?utf-8?Q?=C3=BC?=.exe\"\n", "\xc3\xbc.exe",
       true},
      {"Content-Disposition: attachment; filename=\"\xff\"\n", "\xc3\xbf", true},
      {"Content-Disposition: attachment; filename=../../x\n", "../../x", true},
      {"Content-Type: message/rfc822\n", "", false},
  }));
  INFO(row.header);
  const MimeTree tree = parse(row.header + "\nx\n");
  CHECK(tree.parts[0].file_name == row.file_name);
  CHECK(tree.parts[0].is_attachment == row.is_attachment);
}

TEST_CASE("decode_text: by encoding and charset", "[mail]") {
  const MimeTree tree = parse(
      "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
      "quoted-printable\n\n=FC");
  CHECK(decode_text(tree.parts[0], native_charsets()) == "\xc3\xbc");
}

TEST_CASE("parse_mime: limits", "[mail][security]") {
  const std::string two = multipart + "--B\r\n\r\n1\r\n--B\r\n\r\n2\r\n--B--\r\n";
  Limits limits;
  limits.parts = 3;
  CHECK(parse(two, limits).limits.empty());
  limits.parts = 2;
  const MimeTree parts = parse(two, limits);
  CHECK(parts.parts.size() == 2);
  CHECK(parts.parts[1].body == "1\r\n--B\r\n\r\n2");
  CHECK(parts.limits.contains(Limit::parts));
  limits.parts = 1;
  CHECK(parse(two, limits).parts.size() == 1);
  CHECK(parse(two, limits).limits.contains(Limit::parts));

  limits = {};
  limits.depth = 1;
  CHECK(parse(two, limits).limits.empty());
  limits.depth = 0;
  const MimeTree depth = parse(two, limits);
  CHECK(depth.parts.size() == 1);
  CHECK_FALSE(depth.parts[0].is_container);
  CHECK(depth.limits.contains(Limit::depth));

  limits = {};
  limits.boundary_size = 1;
  CHECK(parse(two, limits).limits.empty());
  limits.boundary_size = 0;
  CHECK(parse(two, limits).limits.contains(Limit::boundary_size));
  CHECK(parse(two, limits).parts.size() == 1);

  limits = {};
  limits.part_fields = 1;
  const std::string fields = multipart + "--B\r\nX: 1\r\n\r\n--B\r\nX: 1\r\n\r\n--B--\r\n";
  const MimeTree few = parse(fields, limits);
  CHECK(few.limits.contains(Limit::part_fields));
  CHECK(few.parts.size() == 3);
  limits.part_fields = 2;
  CHECK(parse(fields, limits).limits.empty());

  limits = {};
  limits.ambiguous_boundaries = 1;
  CHECK(parse("Content-Type: multipart/x; boundary=A; boundary=B\n\n", limits)
            .limits.contains(Limit::ambiguous_boundaries));
}

}  // namespace
}  // namespace postern::mail
