#include "lib/spf/record.hpp"

#include "tests/support/catch.hpp"

namespace postern::spf {
namespace {

TEST_CASE("is_record: exactly v=spf1", "[spf][rfc7208-4.5]") {
  CHECK(is_record("v=spf1"));
  CHECK(is_record("V=SPF1 -all"));
  const auto text = GENERATE(as<std::string>{}, "", "v=spf", "v=spf10", "v=spf1\t-all", " v=spf1",
                             "v=spf1;-all", "v=spf2.0/pra -all", "\"v=spf1\"");
  CHECK_FALSE(is_record(text));
  CHECK_FALSE(parse_record(text).has_value());
}

TEST_CASE("parse_record: directives with all their parts", "[spf][rfc7208-4.6.1]") {
  const auto record = parse_record(
      "v=spf1  a MX:Example.org//64 -a:foo:bar/baz.example.com/24//0 ~ip4:192.0.2.1 "
      "?ip6:2001:db8::/32 +ptr:%{d} include:%{d2}.x.example. exists:%{p}.y.example ALL ");
  REQUIRE(record.has_value());
  const auto& d = record->directives;
  REQUIRE(d.size() == 9);
  CHECK((d[0].mechanism == Mechanism::a && !d[0].target && d[0].prefix4 == 32));
  CHECK((d[1].mechanism == Mechanism::mx && d[1].prefix4 == 32 && d[1].prefix6 == 64));
  CHECK(d[1].target->text == "Example.org");
  CHECK((d[2].qualifier == Qualifier::fail && d[2].prefix4 == 24 && d[2].prefix6 == 0));
  CHECK(d[2].target->text == "foo:bar/baz.example.com");
  CHECK((d[3].qualifier == Qualifier::softfail && d[3].network.prefix == 32));
  CHECK((d[4].qualifier == Qualifier::neutral && d[4].network.prefix == 32));
  CHECK_FALSE(d[4].network.address.is_v4());
  CHECK((d[5].qualifier == Qualifier::pass && d[5].mechanism == Mechanism::ptr));
  CHECK(d[6].target->text == "%{d2}.x.example.");
  CHECK_FALSE(d[6].target->needs_client_name);
  CHECK(d[7].target->needs_client_name);
  CHECK((d[8].mechanism == Mechanism::all && d[8].text == "ALL"));
}

TEST_CASE("parse_record: modifiers stand anywhere", "[spf][rfc7208-6]") {
  const auto record =
      parse_record("v=spf1 exp=Why.example.org x-y_z.1= -all REDIRECT=b.example.org a=%{c}");
  REQUIRE(record.has_value());
  CHECK(record->directives.size() == 1);
  CHECK(record->explanation->text == "Why.example.org");
  CHECK(record->redirect->text == "b.example.org");
}

TEST_CASE("parse_record: any error anywhere spoils the record", "[spf][rfc7208-4.6]") {
  const auto term = GENERATE(
      as<std::string>{}, "moo", "all.", "all:x.example", "all/8", "include",
      "include:", "include:a.example/24", "exists", "exists:", "exists:a.example/24", "a:", "a/",
      "a//", "a/24/", "a/24/64", "a///64", "a/33", "a//129", "a/08", "a:museum", "a:museum.",
      "a:a.example:80", "a:111.222.33.44", "a:example.-com", "a:example.com-", "a:b..",
      "mx:", "mx:a.example/", "ptr/0", "ptr:", "ip4", "ip4:", "ip4:1.2.3", "ip4:1.2.3.4/33",
      "ip4:1.2.3.4/032", "ip4:1.2.3.4//32", "ip4:1.2.3.4:25", "ip4:::1", "ip6", "ip6:1.2.3.4",
      "ip6:::1/129", "ip6:::1//33", "ip6::CAFE::BABE", "-", "+-all", "=x", "1up=x",
      "redirect=", "redirect=-all", "redirect:a.example", "exp=", "exp=%{c}.a.example", "x=%abc",
      "x=%", "x=%{", "x=%{d", "x=%{d0}", "x=%{d1", "x=%{dr", "x=%{dr.", "x=%{d r}", "x=%{q}",
      "a:%{d}x", "a:%{t}.b.example", "exp=a.example exp=a.example",
      "redirect=a.example redirect=b.example", "\t-all", "a\r", "a:\x80.example", "\xef\xbb\xbf",
      "x=\x01", "a:%{d}.b\x7f.example");
  INFO(term);
  CHECK_FALSE(parse_record("v=spf1 " + term + " -all").has_value());
  CHECK_FALSE(parse_record("v=spf1 -all " + term).has_value());
}

TEST_CASE("parse_record: an error says where", "[spf]") {
  const auto record = parse_record("v=spf1 -all ip4:192.0.2.1/33");
  REQUIRE_FALSE(record.has_value());
  CHECK(record.error().offset == 25);
  CHECK(record.error().problem == "prefix length is not a number within the address");
  CHECK(parse_record("v=spf1 a:b.c%").error().offset == 12);
  CHECK_FALSE(parse_record(std::string_view("v=spf1 a:foo.example.com\0", 25)).has_value());
}

}  // namespace
}  // namespace postern::spf
