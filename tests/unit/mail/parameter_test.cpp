#include "lib/mail/parameter.hpp"

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

struct Row {
  std::string text;
  std::string value;  // of "name"
};

Parameters parse(std::string_view text, const Limits& limits = {}) {
  return parse_parameters(text, native_charsets(), limits);
}

TEST_CASE("parse_parameters: plain and extended values", "[mail][rfc2231]") {
  const auto row = GENERATE(values<Row>({
      {"; name=a", "a"},
      {";NAME = \"a; \\\"b\\\"\" ; x=y", "a; \"b\""},
      {"name=a", "a"},
      {"; name=my file.pdf; x=y", "my file.pdf"},
      {"; name=a (comment)", "a"},
      {"; name=a(1).pdf", "a(1).pdf"},
      {"; name=\"a\" (comment); x=y", "a"},
      {"; x=\"y\" name=a", "a"},
      {"; name=\"open", "open"},
      {";;; junk; name=a", "a"},
      {"; name=\"a\r\n b\"", "a b"},
      {"; name*=utf-8''%c3%bc", "\xc3\xbc"},
      {"; name*=iso-8859-1'de'%FC", "\xc3\xbc"},
      {"; name*0=a; name*1=b", "ab"},
      {"; name*1=b; name*0=a", "ab"},
      {"; name*0*=utf-8''%C3; name*1*=%BC; name*2=%41", "\xc3\xbc%41"},
      {"; name*0=a; name*2=c", "ac"},
      {"; name=plain; name*=us-ascii''better", "better"},
      {"; name*=%zz%4", "%zz%4"},
      {"; name*=x-unknown''%41%FF", "A\xc3\xbf"},
      {"; name*0*=utf-8''a'b; name*1*=c'd'e", "a'bc'd'e"},
  }));
  INFO(row.text);
  const Parameters parameters = parse(row.text);
  REQUIRE(parameters.find("name") != nullptr);
  CHECK(*parameters.find("name") == row.value);
}

TEST_CASE("parse_parameters: what is given twice is all there", "[mail][security]") {
  const Parameters parameters = parse("; boundary=a; Boundary=b");
  REQUIRE(parameters.list.size() == 2);
  CHECK(*parameters.find("boundary") == "a");
  CHECK(parameters.list[1].value == "b");
  CHECK(parameters.defects.contains(Defect::duplicate_parameter));
  CHECK(parse("; a*0=x; a*0=y").defects.contains(Defect::duplicate_parameter));
  CHECK(parse("; a=x; a*=u''y").defects.empty());
}

TEST_CASE("parse_parameters: defects and none", "[mail]") {
  CHECK(parse("; a=1; b=\"2\"").defects.empty());
  CHECK(parse("").list.empty());
  CHECK(parse("; a").defects.contains(Defect::bad_parameter));
  CHECK(parse("; a*0=b; a*2=c").defects.contains(Defect::bad_parameter));
  CHECK(parse("; a=\"b").defects.contains(Defect::unclosed));
}

TEST_CASE("parse_parameters: limits", "[mail][security]") {
  Limits limits;
  limits.parameters = 2;
  CHECK(parse("; a=1; b=2", limits).limits.empty());
  const Parameters count = parse("; a=1; b=2; c=3", limits);
  CHECK(count.list.size() == 2);
  CHECK(count.limits.contains(Limit::parameters));
  limits.parameter_size = 5;
  CHECK(parse("; a=1", limits).limits.empty());
  CHECK(parse("; a=12", limits).limits.contains(Limit::parameter_size));
}

}  // namespace
}  // namespace postern::mail
