#include "lib/spf/macro.hpp"

#include "tests/support/catch.hpp"

namespace postern::spf {
namespace {

constexpr std::size_t max_size = 500;

MacroValues sample(std::string_view client_ip = "192.0.2.3") {
  MacroValues values;
  values.local_part = "strong-bad";
  values.sender_domain = "email.example.com";
  values.domain = "email.example.com";
  values.helo = "MX org";
  values.client_name = "mx.example.org";
  values.receiver = "receiver.example";
  values.client_ip = parse_ip_address(client_ip).value();
  values.now = 1700000000;
  return values;
}

std::string text_of(const std::string& macros, const MacroValues& values = sample()) {
  const auto parsed = parse_explain_string(macros);
  REQUIRE(parsed.has_value());
  return expand_text(*parsed, values, max_size).value_or("(none)");
}

std::optional<std::string> name_of(const std::string& macros,
                                   const MacroValues& values = sample()) {
  const auto parsed = parse_domain_spec(macros);
  REQUIRE(parsed.has_value());
  return expand_name(*parsed, values);
}

TEST_CASE("expand_text: the examples of RFC 7208", "[spf][rfc7208-7.4]") {
  struct Case {
    std::string macro, text;
  };
  const auto c = GENERATE(values<Case>({
      {"%{s}", "strong-bad@email.example.com"},
      {"%{o}", "email.example.com"},
      {"%{d}", "email.example.com"},
      {"%{d4}", "email.example.com"},
      {"%{d3}", "email.example.com"},
      {"%{d2}", "example.com"},
      {"%{d1}", "com"},
      {"%{dr}", "com.example.email"},
      {"%{d2r}", "example.email"},
      {"%{l}", "strong-bad"},
      {"%{l-}", "strong.bad"},
      {"%{lr}", "strong-bad"},
      {"%{lr-}", "bad.strong"},
      {"%{l1r-}", "strong"},
      {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
      {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
  }));
  INFO(c.macro);
  CHECK(text_of(c.macro) == c.text);
}

TEST_CASE("expand_text: letters, literals, and escapes", "[spf][rfc7208-7.2]") {
  CHECK(text_of("%% %_ %-") == "%   %20");
  CHECK(text_of("%{h} %{H}") == "MX org MX%20org");
  CHECK(text_of("%{c} %{r} %{t} %{p}") == "192.0.2.3 receiver.example 1700000000 mx.example.org");
  CHECK(text_of("%{S}") == "strong-bad%40email.example.com");
  CHECK(text_of("%{D2R}") == "example.email");
  CHECK(text_of("%{D-.}") == "email.example.com");
  const auto v6 = sample("2001:db8::cb01");
  CHECK(text_of("%{c} %{v}", v6) == "2001:db8::cb01 ip6");
  CHECK(text_of("%{ir}", v6) == "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2");
}

TEST_CASE("expand_text: only printable ASCII comes out", "[spf][security]") {
  auto values = sample();
  values.local_part = GENERATE(as<std::string>{}, "a\r\nb", "\xc3\xbc", std::string("\0", 1));
  CHECK(text_of("x %{l}", values) == "(none)");
  CHECK(text_of("x %{L}", values).starts_with("x "));
  CHECK(text_of("") == "(none)");
  CHECK_FALSE(parse_explain_string("a\tb").has_value());
  CHECK_FALSE(parse_explain_string("\xef\xbb\xbfx").has_value());
}

TEST_CASE("expand_text: cut at its limit", "[spf][security]") {
  auto values = sample();
  values.local_part = std::string(400, 'x');
  CHECK(text_of("%{l}%{l}%{l}", values).size() == max_size);
  CHECK(text_of(std::string(499, 'y') + "z%{l}", values) == std::string(499, 'y') + "z");
}

TEST_CASE("expand_name: the form in which names are asked", "[spf][rfc7208-7.3]") {
  CHECK(name_of("%{d}.Example.ORG.") == "email.example.com.example.org");
  CHECK(name_of("a%%b%_c%-d.example") == "a%b c%20d.example");
  CHECK(name_of("%{d}.%_") == "email.example.com. ");
  CHECK(name_of("a..example") == std::nullopt);
  CHECK(name_of(std::string(64, 'a') + ".example") == std::nullopt);
  auto values = sample();
  values.local_part.clear();
  CHECK(name_of("%{l}.example.org", values) == std::nullopt);
}

TEST_CASE("expand_name: too long names lose labels at the left", "[spf][rfc7208-7.3]") {
  const std::string label(62, 'a');
  const std::string tail = label + "." + label + "." + label + "." + label + ".x";  // 253
  REQUIRE(tail.size() == 253);
  CHECK(name_of(tail) == tail);
  CHECK(name_of("b." + tail) == tail);
  CHECK(name_of("b." + tail + ".") == tail);
  CHECK(name_of("c.b" + tail) == tail.substr(63));
  auto values = sample();
  values.local_part = std::string(5000, 'a');
  CHECK(name_of("%{l}.example.org", values) == "example.org");
  CHECK(name_of("%{l}", values) == std::nullopt);
  values.local_part = std::string(max_expansion_size, 'a');
  CHECK(name_of("%{l}.example.org", values) == std::nullopt);
}

TEST_CASE("parse_domain_spec: limits of macros", "[spf][security]") {
  std::string many;
  for (unsigned i = 0; i < max_macros; ++i) many += "%{d}";
  CHECK(parse_domain_spec(many).has_value());
  CHECK_FALSE(parse_domain_spec(many + "%%").has_value());
  CHECK(parse_domain_spec("%{d255}").has_value());
  CHECK(parse_domain_spec("%{d0002}").has_value());
  CHECK_FALSE(parse_domain_spec("%{d256}").has_value());
  CHECK_FALSE(parse_domain_spec("").has_value());
  CHECK_FALSE(parse_domain_spec("%{d}.%").has_value());
  CHECK_FALSE(parse_domain_spec("a b.example").has_value());
}

}  // namespace
}  // namespace postern::spf
