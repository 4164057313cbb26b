#include "lib/dns/name.hpp"

#include "tests/support/catch.hpp"

namespace postern::dns {
namespace {

TEST_CASE("parse_name: one spelling", "[dns]") {
  CHECK(parse_name("MX.Example.ORG.").value() == "mx.example.org");
  CHECK(parse_name("a b.example").value() == "a b.example");
}

TEST_CASE("parse_name: refuses what DNS cannot carry", "[dns][rfc1035-2.3.4]") {
  const std::string label63(63, 'a');
  CHECK(parse_name(label63 + ".example").has_value());
  CHECK_FALSE(parse_name(label63 + "a.example").has_value());
  const std::string name253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  CHECK(parse_name(name253).has_value());
  CHECK_FALSE(parse_name(name253 + "b").has_value());
  const auto text = GENERATE(as<std::string>{}, "", ".", "a..b", ".a", "a..");
  CHECK_FALSE(parse_name(text).has_value());
}

TEST_CASE("parse_domain: letters, digits, hyphen, underscore", "[dns][security]") {
  CHECK(parse_domain("_dmarc.a-1.Example.").value() == "_dmarc.a-1.example");
  const auto text = GENERATE(as<std::string>{}, "a b.example", "a(.example", "a\"b.example",
                             "b\xc3\xbc.example", "a;dkim=pass.example", "[192.0.2.1]");
  CHECK_FALSE(parse_domain(text).has_value());
  CHECK_FALSE(parse_domain(std::string_view("a.example\0.b", 12)).has_value());
}

TEST_CASE("is_parsed_domain: what parse_domain gives, and nothing else", "[dns][security]") {
  const auto text =
      GENERATE(as<std::string>{}, "example", "_dmarc.a-1.example", "Example", "a.example.", "", ".",
               "a..b", ".a", "a b.example", "b\xc3\xbc.example", std::string(63, 'a') + ".example",
               std::string(64, 'a') + ".example", std::string("a\0b", 3));
  const auto parsed = parse_domain(text);
  CHECK(is_parsed_domain(text) == (parsed.has_value() && *parsed == text));
  CHECK(is_parsed_domain(parsed.value_or("example")));
}

TEST_CASE("is_at_or_below: whole labels only", "[dns]") {
  CHECK(is_at_or_below("a.example", "example"));
  CHECK(is_at_or_below("example", "example"));
  CHECK_FALSE(is_at_or_below("notexample", "example"));
  CHECK_FALSE(is_at_or_below("example", "a.example"));
}

}  // namespace
}  // namespace postern::dns
