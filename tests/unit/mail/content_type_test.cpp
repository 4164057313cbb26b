#include "lib/mail/content_type.hpp"

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

ContentType parse(std::string_view text) {
  return parse_content_type(text, native_charsets());
}

TEST_CASE("parse_content_type: type, subtype, charset", "[mail][rfc2045-5]") {
  struct Row {
    std::string text;
    std::string name;
    std::string charset;
  };
  const auto row = GENERATE(values<Row>({
      {" text/html; charset=utf-8", "text/html", "utf-8"},
      {"TEXT/Plain", "text/plain", "us-ascii"},
      {"(c) image (d) / (e) png (f) ; charset=\"x\"", "image/png", "x"},
      {"text/html charset=utf-8", "text/html", "utf-8"},
      {"application/vnd.x+json;charset=us-ascii (c)", "application/vnd.x+json", "us-ascii"},
  }));
  INFO(row.text);
  const ContentType type = parse(row.text);
  CHECK(type.is(row.name));
  CHECK(type.charset() == row.charset);
  CHECK_FALSE(type.defects.contains(Defect::bad_content_type));
}

TEST_CASE("parse_content_type: what is none is text/plain", "[mail][rfc2045-5.2]") {
  const auto text = GENERATE(as<std::string>{}, "", "text", "/plain", "text/", ";charset=x", "(");
  const ContentType type = parse(text);
  CHECK(type.is("text/plain"));
  CHECK(type.defects.contains(Defect::bad_content_type));
  CHECK(*parse("text; boundary=b").parameters.find("boundary") == "b");
}

TEST_CASE("parse_content_disposition: type and file name", "[mail]") {
  const auto parse_it = [](std::string_view text) {
    return parse_content_disposition(text, native_charsets());
  };
  const ContentDisposition plain = parse_it(" Attachment; filename=\"a.pdf\"");
  CHECK(plain.type == "attachment");
  CHECK(*plain.parameters.find("filename") == "a.pdf");
  const ContentDisposition bare = parse_it("filename=a.pdf");
  CHECK(bare.type.empty());
  CHECK(*bare.parameters.find("filename") == "a.pdf");
  CHECK(parse_it("").type.empty());
}

}  // namespace
}  // namespace postern::mail
