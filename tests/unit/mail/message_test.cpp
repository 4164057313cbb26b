#include "lib/mail/message.hpp"

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

using namespace std::string_view_literals;

std::vector<std::string> names(const Message& message) {
  std::vector<std::string> found;
  for (const HeaderField& field : message.header.fields()) found.emplace_back(field.name);
  return found;
}

using Names = std::vector<std::string>;

TEST_CASE("parse_message: header section and body", "[mail][rfc5322-2.1]") {
  const Message message = parse_message("From: a\r\nTo: b\r\n c\r\n\r\nbody\r\n");
  REQUIRE(message.header.fields().size() == 2);
  CHECK(message.header.fields()[0].raw == "From: a");
  CHECK(message.header.fields()[1].raw == "To: b\r\n c");
  CHECK(message.header.fields()[1].name == "To");
  CHECK(message.header.fields()[1].body == " b\r\n c");
  CHECK(message.body == "body\r\n");
  CHECK(message.header_end == 20);
  CHECK(message.body_offset == 22);
  CHECK(message.defects.empty());
  CHECK(message.limits.empty());
}

TEST_CASE("parse_message: lines end with LF too, a CR alone is data", "[mail]") {
  const Message message = parse_message("A: 1\rB: 2\nC: 3\n\t4\r\n\nx");
  CHECK(names(message) == Names{"A", "C"});
  CHECK(message.header.fields()[0].body == " 1\rB: 2");
  CHECK(message.header.fields()[1].body == " 3\n\t4");
  CHECK(message.body == "x");
}

TEST_CASE("parse_message: messages without body or header", "[mail]") {
  CHECK(parse_message("").header.fields().empty());
  CHECK(parse_message("\r\n").body_offset == 2);
  CHECK(names(parse_message("A: 1")) == Names{"A"});
  CHECK(parse_message("A: 1").body.empty());
  CHECK(names(parse_message("A: 1\r\n")) == Names{"A"});
  CHECK(parse_message("\nA: 1\n").body == "A: 1\n");
}

TEST_CASE("parse_message: white space before the colon is obsolete but read",
          "[mail][security][rfc5322-4.5]") {
  const Message message = parse_message("From \t: a\r\nFrom: b\r\n\r\n");
  CHECK(message.header.named("From").size() == 2);
  CHECK(message.defects.contains(Defect::blank_before_colon));
  CHECK_FALSE(message.defects.contains(Defect::mbox_line));
}

TEST_CASE("parse_message: a line that is no field ends the header section", "[mail][security]") {
  const auto line = GENERATE(as<std::string>{}, "no field", ": no name", "A B: two words",
                             "\xfc: 8 bit", "\x01: control", "From\r\n : a@example.org");
  const std::string text = "To: x\r\n" + line + "\r\nFrom: y\r\n\r\n";
  const Message message = parse_message(text);
  CHECK(names(message) == Names{"To"});
  CHECK(message.body == line + "\r\nFrom: y\r\n\r\n");
  CHECK(message.header_end == message.body_offset);
  CHECK(message.defects.contains(Defect::not_a_field));
}

TEST_CASE("parse_message: lines before the first field", "[mail][security]") {
  const Message mbox = parse_message("From a@b Mon Jan  1 10:00:00 2024\nTo: x\n\n");
  CHECK(names(mbox) == Names{"To"});
  CHECK(mbox.header_offset == 34);
  CHECK(mbox.defects.contains(Defect::mbox_line));

  const Message blank = parse_message(" From: <a@attack.example>\r\n\t..\r\nFrom: <b@x>\r\n\r\nz");
  CHECK(names(blank) == Names{"From"});
  CHECK(blank.header.fields()[0].body == " <b@x>");
  CHECK(blank.defects.contains(Defect::leading_blank));
  CHECK(blank.body == "z");
}

TEST_CASE("parse_message: NUL and octets above 127 are data", "[mail][security]") {
  const Message message = parse_message("A: a\0b\r\nB: \xff\r\n\r\n"sv);
  CHECK(message.header.fields()[0].body == " a\0b"sv);
  CHECK(message.header.fields()[1].body == " \xff");
  CHECK(message.defects.contains(Defect::nul));
}

TEST_CASE("parse_message: limits are noted and the body is still found", "[mail][security]") {
  Limits limits;
  limits.header_fields = 2;
  const Message exact = parse_message("A: 1\nB: 2\n\nx", limits);
  CHECK(exact.limits.empty());
  const Message fields = parse_message("A: 1\nB: 2\nC: 3\n 4\n\nx", limits);
  CHECK(names(fields) == Names{"A", "B"});
  CHECK(fields.limits.contains(Limit::header_fields));
  CHECK(fields.limits.text() == "header_fields");
  CHECK(fields.body == "x");

  limits.header_size = 9;
  CHECK(parse_message("A: 1\nB: 2\n\nx", limits).limits.empty());
  const Message size = parse_message("A: 1\nB: 22\n\nx", limits);
  CHECK(names(size) == Names{"A"});
  CHECK(size.limits.contains(Limit::header_size));
  CHECK(size.body == "x");
}

TEST_CASE("HeaderSection: fields by name in any case", "[mail]") {
  const Message message = parse_message("B: 1\nfrom: 2\nA: 3\nFROM: 4\nFromage: 5\n\n");
  const auto positions = message.header.named("From");
  CHECK(std::vector<std::uint32_t>(positions.begin(), positions.end()) ==
        std::vector<std::uint32_t>{1, 3});
  CHECK(message.header.first("a")->body == " 3");
  CHECK(message.header.first("Fro") == nullptr);
}

TEST_CASE("unfold: folding goes, other line ends become spaces", "[mail][rfc5322-2.2.3]") {
  CHECK(unfold(" a\r\n b\n\tc\r\n") == "a b\tc");
  CHECK(unfold("a\rb\nc") == "a b c");
}

TEST_CASE("FlagSet: names of its members", "[mail]") {
  Defects defects;
  CHECK(defects.text().empty());
  defects.add(Defect::nul);
  defects.add(Defect::mbox_line);
  CHECK(defects.text() == "mbox line before the header, NUL");
  for (unsigned i = 0; i <= static_cast<unsigned>(Defect::encoded_container); ++i) {
    CHECK_FALSE(to_text(static_cast<Defect>(i)).empty());
  }
  for (unsigned i = 0; i <= static_cast<unsigned>(Limit::ambiguous_boundaries); ++i) {
    CHECK_FALSE(to_text(static_cast<Limit>(i)).empty());
  }
}

}  // namespace
}  // namespace postern::mail
