#include "lib/spf/check_host.hpp"

#include "tests/unit/spf/zone_check.hpp"

namespace postern::spf {
namespace {

using authres::Result;

constexpr std::string_view world = R"({
  "example.org": {"TXT": ["other text", "v=spf1 a mx include:_spf.provider.example ~all"],
                  "A": ["198.51.100.7"], "MX": [[20, "mx2.example.org"], [10, "mx1.example.org"]]},
  "mx1.example.org": {"A": ["198.51.100.8"]},
  "mx2.example.org": {"A": ["198.51.100.9"]},
  "_spf.provider.example": {"TXT": ["v=spf1 include:a.provider.example include:b.provider.example -all"]},
  "a.provider.example": {"TXT": ["v=spf1 ip4:203.0.113.0/24 ?all"]},
  "b.provider.example": {"TXT": ["v=spf1 ip6:2001:db8::/32 ip4:192.0.2.1 -all"]},
  "strict.example": {"TXT": ["v=spf1 ip4:203.0.113.1 -all exp=why.strict.example"]},
  "why.strict.example": {"TXT": [["%{i} may not send for ", "%{d}"]]},
  "slow.example": {"TXT": "TIMEOUT"},
  "broken.example": {"TXT": "SERVFAIL"},
  "bare.example": {"A": ["192.0.2.1"]},
  "wrong.example": {"TXT": ["v=spf1 ip4:192.0.2.1 ip4:256.0.0.0 -all"]},
  "lame.example": {"TXT": ["v=spf1 mx -all"], "MX": "SERVFAIL"},
  "gone.example": {"TXT": ["v=spf1 include:bare.example -all"]},
  "lost.example": {"TXT": ["v=spf1 redirect=bare.example"]},
  "v4only.example": {"TXT": ["v=spf1 mx mx mx -all"], "MX": [[1, "bare.example"]]}
})";

Outcome check(const Request& request) {
  return check_in(request, zone_of(world)).outcome;
}

Outcome check(std::string sender, std::string_view client_ip = "192.0.2.1") {
  auto request = mail_from(std::move(sender));
  request.client_ip = ip(client_ip);
  return check(request);
}

TEST_CASE("check_host: result, matching directive, and what went wrong", "[spf]") {
  struct Case {
    std::string sender, client_ip;
    Result result;
    std::string mechanism, problem;
  };
  const auto c = GENERATE(values<Case>({
      {"u@example.org", "198.51.100.7", Result::pass, "a", ""},
      {"u@example.org", "198.51.100.9", Result::pass, "mx", ""},
      {"u@example.org", "192.0.2.1", Result::pass, "include:_spf.provider.example", ""},
      {"u@example.org", "::ffff:192.0.2.1", Result::pass, "include:_spf.provider.example", ""},
      {"u@example.org", "2001:db8::1", Result::pass, "include:_spf.provider.example", ""},
      {"u@example.org", "198.51.100.1", Result::softfail, "~all", ""},
      {"u@strict.example", "192.0.2.1", Result::fail, "-all", ""},
      {"u@bare.example", "192.0.2.1", Result::none, "", ""},
      {"u@nowhere.example", "192.0.2.1", Result::none, "", ""},
      {"u@slow.example", "192.0.2.1", Result::temperror, "", "DNS timeout: SPF record"},
      {"u@broken.example", "192.0.2.1", Result::temperror, "", "DNS failure: SPF record"},
      {"u@lame.example", "192.0.2.1", Result::temperror, "", "DNS failure: mx"},
      {"u@wrong.example", "192.0.2.1", Result::permerror, "", "not a network of this kind"},
      {"u@gone.example", "192.0.2.1", Result::permerror, "", "include: leads to no SPF record"},
      {"u@lost.example", "192.0.2.1", Result::permerror, "", "redirect= leads to no SPF record"},
      {"u@v4only.example", "2001:db8::1", Result::permerror, "",
       "more than 2 lookups that find nothing"},
  }));
  INFO(c.sender << " from " << c.client_ip);
  const Outcome outcome = check(c.sender, c.client_ip);
  CHECK(outcome.result == c.result);
  CHECK(outcome.mechanism == c.mechanism);
  CHECK(outcome.problem == c.problem);
  CHECK(outcome.domain == c.sender.substr(2));
  CHECK(outcome.explanation.empty());
}

TEST_CASE("check_host: explanation only on request and on fail", "[spf][rfc7208-6.2]") {
  auto request = mail_from("u@strict.example");
  request.explain = true;
  const auto told = check_in(request, zone_of(world));
  CHECK(told.outcome.explanation == "192.0.2.1 may not send for strict.example");
  CHECK(told.outcome.dns_queries == 2);
  request.client_ip = ip("203.0.113.1");
  CHECK(check(request).explanation.empty());
}

TEST_CASE("check_host: HELO and the null sender", "[spf][rfc7208-2.3]") {
  auto request = mail_from("u@example.org");
  request.helo = "strict.example";
  request.scope = Scope::helo;
  const Outcome helo = check(request);
  CHECK(helo.domain == "strict.example");
  CHECK(helo.scope == Scope::helo);
  CHECK(helo.result == Result::fail);
  request.scope = Scope::mfrom;
  request.rfc5321_mail_from.clear();
  const Outcome null_sender = check(request);
  CHECK(null_sender.domain == "strict.example");
  CHECK(null_sender.scope == Scope::mfrom);
}

TEST_CASE("check_host: asks for what a record needs in one round", "[spf]") {
  const auto check = check_in(mail_from("u@example.org"), zone_of(world));
  // The record; its a, mx, and include; the hosts of mx with the included includes; the end.
  CHECK(check.rounds == 4);
  CHECK(check.asked.size() == 8);
  CHECK(check.outcome.dns_queries == 8);
}

TEST_CASE("check_host: terms behind a certain match are not asked", "[spf]") {
  const dns::Zone zone = zone_of(R"({
    "example.org": {"TXT": ["v=spf1 a ip4:192.0.2.1 include:x.example redirect=y.example"],
                    "A": ["198.51.100.1"]}})");
  CHECK(check_in(mail_from("u@example.org"), zone).asked.size() == 2);
}

TEST_CASE("check_host: what was not needed is not counted", "[spf]") {
  // The first host of mx is known from the term before and decides; the second is never asked.
  const dns::Zone zone = zone_of(R"({
    "example.org": {"TXT": ["v=spf1 a:h1.example.org mx/24 -all"],
                    "MX": [[2, "h2.example.org"], [1, "h1.example.org"]]},
    "h1.example.org": {"A": ["192.0.2.7"]}, "h2.example.org": {"A": "TIMEOUT"}})");
  const auto check = check_in(mail_from("u@example.org"), zone);
  CHECK(check.outcome.mechanism == "mx/24");
  CHECK(check.asked.size() == 3);
  CHECK(check.outcome.dns_queries == 3);
}

TEST_CASE("check_host: each limit is a setting", "[spf][rfc7208-4.6.4]") {
  const dns::Zone zone = zone_of(R"({
    "example.org": {"TXT": ["v=spf1 a:n1.x.example a:n2.x.example a:n3.x.example mx +all"],
                    "MX": [[1, "h1.x.example"], [2, "h2.x.example"]]},
    "h1.x.example": {"A": ["198.51.100.1"]}, "h2.x.example": {"A": ["198.51.100.2"]}})");
  const auto result = [&](const Limits& limits) {
    return check_in(mail_from("u@example.org"), zone, limits).outcome.problem;
  };
  Limits limits;
  limits.void_lookups = 3;
  CHECK(result(limits).empty());
  limits.terms = 3;
  CHECK(result(limits) == "more than 3 terms that ask DNS");
  limits.terms = 4;
  limits.names = 1;
  CHECK(result(limits) == "more than 1 MX exchanges");
  limits.names = 2;
  CHECK(result(limits).empty());
  limits.record_size = 30;
  CHECK(result(limits) == "SPF record is too large");
}

TEST_CASE("check_host: a long directive is cut in the outcome", "[spf][security]") {
  const std::string target = std::string(600, 'a') + ".%{d}";
  const dns::Zone zone =
      zone_of(R"({"example.org": {"A": ["192.0.2.1"], "TXT": ["v=spf1 a:)" + target + R"("]}})");
  const Outcome outcome = check_in(mail_from("u@example.org"), zone).outcome;
  CHECK(outcome.result == Result::pass);
  CHECK(outcome.mechanism.size() == max_mechanism_size);
}

TEST_CASE("check_host: %{p} is a name the client's own DNS confirms", "[spf][rfc7208-5.5]") {
  struct Case {
    std::string pointers, name;
  };
  const auto c = GENERATE(values<Case>({
      {R"(["lies.example", "mx.else.example"])", "mx.else.example"},
      {R"(["mx.else.example", "mx.example.org"])", "mx.example.org"},
      {R"(["mx.example.org", "example.org"])", "example.org"},
      {R"(["broken.example", "lies.example"])", "unknown"},
      {R"("TIMEOUT")", "unknown"},
  }));
  const dns::Zone zone = zone_of(R"({"1.2.0.192.in-addr.arpa": {"PTR": )" + c.pointers + R"(},
    "lies.example": {"A": ["198.51.100.1"]}, "broken.example": {"A": "SERVFAIL"},
    "mx.else.example": {"A": ["192.0.2.1"]}, "mx.example.org": {"A": ["192.0.2.1"]},
    "why.example.org": {"TXT": ["%{p}"]},
    "example.org": {"A": ["192.0.2.1"], "TXT": ["v=spf1 -all exp=why.example.org"]}})");
  auto request = mail_from("u@example.org");
  request.explain = true;
  CHECK(check_in(request, zone).outcome.explanation == c.name);
}

}  // namespace
}  // namespace postern::spf
