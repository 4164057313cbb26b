// Tests of reading Authentication-Results, and of telling which fields claim to be ours.
#include "lib/authres/parse.hpp"

#include "lib/authres/authentication_results.hpp"
#include "tests/support/catch.hpp"

namespace postern::authres {
namespace {

using namespace std::string_literals;

// "method/version=result (reason) type.name=value ...; ...", as far as there is something to show.
std::string show(const AuthenticationResults& field) {
  std::string text = field.authserv_id + "/" + std::to_string(field.version) +
                     (field.complete ? "" : " incomplete") + ":";
  for (const ReportedResult& result : field.results) {
    text += " [" + result.method;
    if (result.version != 1) text += "/" + std::to_string(result.version);
    text += "=" + result.result;
    if (!result.reason.empty()) text += " (" + result.reason + ")";
    for (const ReportedProperty& property : result.properties) {
      text += " " + property.type + "." + property.name + "=" + property.value;
    }
    text += "]";
  }
  return text;
}

std::string read(std::string_view body) {
  const Parsed<AuthenticationResults> field = parse(body);
  return field ? show(*field)
               : "at " + std::to_string(field.error().offset) + ": " +
                     std::string(field.error().problem);
}

TEST_CASE("parse: the examples of RFC 8601", "[authres][rfc8601-B]") {
  const auto [body, seen] = GENERATE(table<std::string, std::string>({
      // B.2 to B.7
      {" example.org 1; none", "example.org/1:"},
      {" example.com;\r\n          spf=pass smtp.mailfrom=example.net",
       "example.com/1: [spf=pass smtp.mailfrom=example.net]"},
      {" example.com;\r\n          auth=pass (cleartext) smtp.auth=sender@example.net;\r\n"
       "          spf=pass smtp.mailfrom=example.net",
       "example.com/1: [auth=pass smtp.auth=sender@example.net]"
       " [spf=pass smtp.mailfrom=example.net]"},
      {" example.com; iprev=pass\r\n          policy.iprev=192.0.2.200",
       "example.com/1: [iprev=pass policy.iprev=192.0.2.200]"},
      {" example.com;\r\n          dkim=pass (good signature) header.d=example.com",
       "example.com/1: [dkim=pass header.d=example.com]"},
      {" example.com;\r\n      dkim=pass reason=\"good signature\"\r\n"
       "        header.i=@mail-router.example.net;\r\n      dkim=fail reason=\"bad signature\"\r\n"
       "        header.i=@newyork.example.com",
       "example.com/1: [dkim=pass (good signature) header.i=@mail-router.example.net]"
       " [dkim=fail (bad signature) header.i=@newyork.example.com]"},
      {" foo.example.net (foobar) 1 (baz);\r\n"
       "    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
       "      policy (A dot can go here) . (like that) expired\r\n"
       "      (this surprised me) = (as I wasn't expecting it) 1362471462",
       "foo.example.net/1: [dkim=fail policy.expired=1362471462]"},
  }));
  CHECK(read(body) == seen);
}

TEST_CASE("parse: what large providers write", "[authres]") {
  const auto [body, seen] = GENERATE(table<std::string, std::string>({
      {"mx.example.com;\n       dkim=pass header.i=@example.net header.s=20230601 "
       "header.b=q/Ab+c=;\n       spf=pass (mx.example.com: domain of a@example.net designates "
       "192.0.2.1 as permitted sender) smtp.mailfrom=a+b=c@example.net;\n"
       "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.net",
       "mx.example.com/1: [dkim=pass header.i=@example.net header.s=20230601 header.b=q/Ab+c=]"
       " [spf=pass smtp.mailfrom=a+b=c@example.net] [dmarc=pass header.from=example.net]"},
      {"mx.example.com 1; spf=none; dmarc=none action=none header.from=a.example;compauth=pass "
       "reason=100",
       "mx.example.com/1: [spf=none] [dmarc=none .action=none header.from=a.example]"
       " [compauth=pass (100)]"},
      {"mx.example.com; spf=pass smtp.mailfrom=\"a b\"@example.net;",
       "mx.example.com/1: [spf=pass smtp.mailfrom=a b@example.net]"},
      {"MX.example.com; SPF=Pass Smtp.MailFrom=A@Example.net",
       "mx.example.com/1: [spf=pass smtp.mailfrom=A@Example.net]"},
      {"mx.example.com 2; dkim/3=pass header.d=a.example",
       "mx.example.com/2: [dkim/3=pass header.d=a.example]"},
      {"mx.example.com  from=example.net; domainkeys=neutral (no sig)",
       "mx.example.com/1 incomplete: [domainkeys=neutral]"},
  }));
  CHECK(read(body) == seen);
}

TEST_CASE("parse: what makes no sense is left out, and said", "[authres]") {
  const auto [body, seen] = GENERATE(table<std::string, std::string>({
      {"mx", "mx/1:"},
      {"mx;", "mx/1:"},
      {"mx;; ;spf=pass;", "mx/1: [spf=pass]"},
      {"mx; spf; dkim=pass", "mx/1 incomplete: [dkim=pass]"},
      {"mx; spf=; dkim=pass", "mx/1 incomplete: [dkim=pass]"},
      {"mx; =pass; dkim=pass", "mx/1 incomplete: [dkim=pass]"},
      {"mx; dkim/x=pass; spf=pass", "mx/1 incomplete: [spf=pass]"},
      {"mx; dkim/999999999=pass", "mx/1 incomplete:"},
      {"mx; spf=pass smtp.=x; dkim=pass", "mx/1 incomplete: [spf=pass] [dkim=pass]"},
      {"mx; spf=pass .d=x; dkim=pass", "mx/1 incomplete: [spf=pass] [dkim=pass]"},
      {"mx; spf=pass smtp.helo=\"a;dkim=pass\" (;dkim=pass)",
       "mx/1: [spf=pass smtp.helo=a;dkim=pass]"},
      {"mx; spf=pass ??? \"; dkim=pass\" (; dkim=pass)", "mx/1 incomplete: [spf=pass]"},
      {"mx; spf=pass smtp.helo=\"a\r\n b\"", "mx/1: [spf=pass smtp.helo=a b]"},
      {"mx; none; none", "mx/1:"},
      {"mx; none=pass", "mx/1: [none=pass]"},
      {"mx; spf=pass\0 smtp.helo=x; dkim=pass"s, "mx/1 incomplete: [spf=pass] [dkim=pass]"},
  }));
  CHECK(read(body) == seen);
}

TEST_CASE("parse: a field it cannot take apart is refused", "[authres]") {
  const auto body =
      GENERATE(as<std::string>{}, "", "; none", "spf=pass smtp.mailfrom=a.example", "dkim/1=pass",
               "mx (open; spf=pass", "mx; spf=pass (open", "mx; spf=pass smtp.helo=\"open",
               "\"mx; spf=pass", "mx; spf=pass x \"open", std::string(max_body_size + 1, 'm'));
  CHECK_FALSE(parse(body));
}

TEST_CASE("parse: counts are bounded", "[authres][security]") {
  std::string body = "mx";
  for (int i = 0; i < 1000; ++i) body += "; spf=pass";
  const Parsed<AuthenticationResults> many_results = parse(body);
  REQUIRE(many_results);
  CHECK(many_results->results.size() == max_results);
  CHECK_FALSE(many_results->complete);

  body = "mx; spf=pass";
  for (int i = 0; i < 1000; ++i) body += " smtp.helo=a";
  const Parsed<AuthenticationResults> many_properties = parse(body);
  REQUIRE(many_properties);
  REQUIRE(many_properties->results.size() == 1);
  CHECK(many_properties->results[0].properties.size() == max_properties);
  CHECK_FALSE(many_properties->complete);
}

TEST_CASE("parse: what we write comes back", "[authres]") {
  const std::vector<ResInfo> written = {
      {Method::arc, Result::pass, "", "i=2", {{property::smtp_remote_ip, "2001:db8::1"}}},
      {Method::dmarc, Result::fail, "no \"aligned\" \\ one", "", {{property::header_from, "a.b"}}}};
  CHECK(read(authres::format("mx 1; \"odd\"", written)) ==
        "mx 1; \"odd\"/1: [arc=pass smtp.remote-ip=2001:db8::1]"
        " [dmarc=fail (no \"aligned\" \\ one) header.from=a.b]");
}

TEST_CASE("ReportedResult::value_of: the first property of that name", "[authres]") {
  const Parsed<AuthenticationResults> field =
      parse("mx; dkim=pass header.d=a.example header.d=b.example header.s=x");
  REQUIRE(field);
  CHECK(field->results[0].value_of("header", "d") == "a.example");
  CHECK(field->results[0].value_of("header", "i").empty());
}

TEST_CASE("parse_arc: the instance comes first", "[authres][rfc8617-4.1.1]") {
  const auto [body, seen] = GENERATE(table<std::string, std::string>({
      {" i=1; mx.example.com; dmarc=pass header.from=a.example",
       "1 mx.example.com/1: [dmarc=pass header.from=a.example]"},
      {"(c) i (c) = (c) 50 (c) ; mx 1; none", "50 mx/1:"},
      {"I=7;mx;arc=none", "7 mx/1: [arc=none]"},
  }));
  const Parsed<ArcAuthenticationResults> field = parse_arc(body);
  REQUIRE(field);
  CHECK(std::to_string(field->instance) + " " + show(field->results) == seen);
}

TEST_CASE("parse_arc: no instance, or one out of range", "[authres]") {
  const auto body = GENERATE(as<std::string>{}, "", "mx; none", "i=0; mx; none", "i=51; mx; none",
                             "i=99999999999999999999; mx", "i=18446744073709551617; mx", "i=; mx",
                             "i=1 mx; none", "i=1", "i=1;", "x=1; mx; none", "i=-1; mx; none");
  CHECK_FALSE(parse_arc(body));
}

TEST_CASE("parse_authserv_id: sees through comments, quoting, and case", "[authres][rfc8601-5]") {
  const auto body =
      GENERATE(as<std::string_view>{},  //
               "mx.example.org; none", " MX.Example.ORG 1; spf=pass smtp.mailfrom=example.net",
               "\r\n\t(one (two) \\) still) mx.example.org; none",
               "\"mx.ex\\ample.org\"; none",  //
               "mx.example.org");
  CHECK(parse_authserv_id(body).value_or("") == "mx.example.org");
}

TEST_CASE("parse_authserv_id: says where it gave up", "[authres]") {
  const auto [body, offset] = GENERATE(table<std::string, std::size_t>({
      {"", 0},
      {"; none", 0},
      {" spf=pass smtp.helo=x", 1},
      {"(open", 5},
      {"(open\\", 6},
      {"\"open", 5},
  }));
  const Parsed<std::string> id = parse_authserv_id(body);
  REQUIRE_FALSE(id.has_value());
  CHECK(id.error().offset == offset);
}

// AR-01, AR-03, AR-04: what a border MTA has to delete.
TEST_CASE("is_ours: no disguise of our identifier stays", "[authres][security][rfc8601-5]") {
  const auto body = GENERATE(
      as<std::string>{}, "mx.example.org; dkim=pass", "MX.Example.ORG; dkim=pass",
      " mx.example.org. ; dkim=pass", "mx.example.org 1; dkim=pass", "(c) mx.example.org(c);x",
      "\"mx.example.org\"; dkim=pass", "\" mx.example.org\t\"; dkim=pass",
      "\"mx.ex\\ample.org\"; dkim=pass", "\r\n\tmx.example.org;\r\n\tdkim=pass", "mx.example.org",
      "mx.example.org/1; dkim=pass", "mx.example.org, x", "\"mx.example.org\x01\"; dkim=pass",
      "mx.example.org\0; dkim=pass"s, "mx.example.org (open; dkim=pass",
      // nobody knows whose these are
      "spf=pass smtp.mailfrom=a.example", "dkim (c) = pass", "dkim/1=pass", "; dkim=pass", "", "  ",
      "(open mx.other.example; dkim=pass", "\"mx.other.example; dkim=pass", "=", "\"\"; dkim=pass",
      "\" . \"; dkim=pass");
  CHECK(is_ours(body, "mx.example.org"));
  CHECK(is_ours(body, "MX.example.org."));
}

TEST_CASE("is_ours: foreign fields stay", "[authres][rfc8601-5]") {
  const auto body = GENERATE(
      as<std::string>{}, "mx.other.example; dkim=pass", "amx.example.org; dkim=pass",
      "mx.example.org.other.example; x", "example.org; dkim=pass", "mx.example.or; dkim=pass",
      "(mx.example.org) mx.other.example; dkim=pass", "other.example (mx.example.org); x",
      "mx.other.example; x=mx.example.org", "m\xc3\xbcx.example.org; dkim=pass");
  CHECK_FALSE(is_ours(body, "mx.example.org"));
}

TEST_CASE("is_ours: U-labels may stand for our A-labels", "[authres][security]") {
  CHECK(
      is_ours("mx.b\xc3\xbc"
              "cher.example; dkim=pass",
              "mx.xn--bcher-kva.example"));
  CHECK_FALSE(is_ours("mx.other.example; dkim=pass", "mx.xn--bcher-kva.example"));
}

}  // namespace
}  // namespace postern::authres
