// Senders and publishers who mean harm: what a check comes to and how many questions it costs.
#include <functional>

#include <nlohmann/json.hpp>

#include "tests/unit/spf/zone_check.hpp"

namespace postern::spf {
namespace {

using authres::Result;
using Json = nlohmann::json;

Json text(const std::string& record) {
  return {{"TXT", {{record}}}};
}

std::string repeated(unsigned count, const std::function<std::string(unsigned)>& term) {
  std::string terms;
  for (unsigned i = 0; i < count; ++i) terms += " " + term(i);
  return terms;
}

std::string numbered(const std::string& name, unsigned i) {
  return name + std::to_string(i) + ".example.org";
}

// Publishes `record` at example.org and checks x@example.org from 192.0.2.1.
ZoneCheck check_record(const std::string& record, Json zone = Json::object()) {
  zone["example.org"]["TXT"] = {{record}};
  return check_in(mail_from("x@example.org"), zone_of(zone.dump()));
}

TEST_CASE("check_host: SPF-01 a record that includes itself", "[spf][security]") {
  const auto check = check_record("v=spf1 include:example.org -all");
  CHECK(check.outcome.result == Result::permerror);
  CHECK(check.outcome.problem == "more than 10 terms that ask DNS");
  CHECK(check.asked.size() == 1);
  const auto redirect = check_record("v=spf1 redirect=example.org");
  CHECK(redirect.outcome.result == Result::permerror);
  CHECK(redirect.asked.size() == 1);
}

TEST_CASE("check_host: SPF-02 forty includes, in a chain, in a row, and as a tree",
          "[spf][security]") {
  const auto include = [](unsigned i) { return "include:" + numbered("i", i); };
  Json chain = Json::object();
  for (unsigned i = 0; i < 40; ++i) chain[numbered("i", i)] = text("v=spf1 " + include(i + 1));
  const auto chained = check_record("v=spf1 " + include(0), chain);
  CHECK(chained.outcome.result == Result::permerror);
  CHECK(chained.outcome.problem == "more than 10 terms that ask DNS");
  CHECK(chained.asked.size() == 11);
  CHECK(chained.count(dns::Type::txt) == 11);
  CHECK(chained.outcome.dns_queries == 11);

  Json row = Json::object();
  for (unsigned i = 0; i < 40; ++i) row[numbered("i", i)] = text("v=spf1 ?all");
  const auto in_row = check_record("v=spf1" + repeated(40, include), row);
  CHECK(in_row.outcome.result == Result::permerror);
  CHECK(in_row.asked.size() == 11);
  CHECK(in_row.rounds == 3);

  // Ten includes in each record: what is asked ahead counts for the whole check.
  const auto tree = check_with(mail_from("x@example.org"), [](const dns::Question& question) {
    dns::Answer answer;
    answer.status = dns::Status::success;
    answer.texts.push_back("v=spf1" + repeated(10, [&](unsigned i) {
                             return "include:" + std::to_string(i) + "." + question.name;
                           }));
    return answer;
  });
  CHECK(tree.outcome.result == Result::permerror);
  CHECK(tree.asked.size() <= 21);
}

TEST_CASE("check_host: SPF-03 forty a: terms that find nothing", "[spf][security]") {
  const auto check =
      check_record("v=spf1" + repeated(40, [](unsigned i) { return "a:" + numbered("n", i); }));
  CHECK(check.outcome.result == Result::permerror);
  CHECK(check.outcome.problem == "more than 2 lookups that find nothing");
  CHECK(check.asked.size() == 11);
  CHECK(check.outcome.dns_queries == 4);
}

TEST_CASE("check_host: SPF-05 an mx with a hundred exchanges", "[spf][security]") {
  Json zone = Json::object();
  for (unsigned i = 0; i < 100; ++i) {
    zone["example.org"]["MX"].push_back({i, numbered("mx", i)});
    zone[numbered("mx", i)]["A"] = {"198.51.100.1"};
  }
  const auto check = check_record("v=spf1 mx -all", zone);
  CHECK(check.outcome.result == Result::permerror);
  CHECK(check.outcome.problem == "more than 10 MX exchanges");
  CHECK(check.asked.size() == 2);
}

TEST_CASE("check_host: SPF-06 a client with a thousand names", "[spf][security]") {
  Json zone = Json::object();
  for (unsigned i = 0; i < 1000; ++i) {
    zone["1.2.0.192.in-addr.arpa"]["PTR"].push_back(numbered("p", i));
    zone[numbered("p", i)]["A"] = {i < 10 ? "198.51.100.1" : "192.0.2.1"};
  }
  const auto check = check_record("v=spf1 ptr -all", zone);
  CHECK(check.outcome.result == Result::fail);
  CHECK(check.asked.size() == 12);
  CHECK(check.rounds == 4);
  // Names elsewhere cannot match and are not asked for.
  CHECK(check_record("v=spf1 ptr:elsewhere.example -all", zone).asked.size() == 2);
}

TEST_CASE("check_host: SPF-06 a reverse zone that does not answer", "[spf][security]") {
  const auto ending =
      GENERATE(as<std::string>{}, R"({"TIMEOUT":true})", R"({"SERVFAIL":true})", "{}");
  const Json zone = {{"1.2.0.192.in-addr.arpa", Json::parse(ending)}};
  CHECK(check_record("v=spf1 ptr -all", zone).outcome.result == Result::fail);
}

TEST_CASE("check_host: SPF-07 two records", "[spf][security]") {
  const Json zone = {{"example.org", {{"TXT", {{"v=spf1 +all"}, {"v=spf1 -all"}}}}}};
  const auto check = check_in(mail_from("x@example.org"), zone_of(zone.dump()));
  CHECK(check.outcome.result == Result::permerror);
  CHECK(check.outcome.problem == "more than one SPF record");
}

TEST_CASE("check_host: SPF-08 macros made to overflow", "[spf][security]") {
  const auto many = [](unsigned count) {
    return "exists:" + repeated(count, [](unsigned) { return "%{h}"; }) + ".x.example";
  };
  const auto without_spaces = [](std::string term) {
    term.erase(std::remove(term.begin(), term.end(), ' '), term.end());
    return term;
  };
  for (const std::string& term :
       {std::string("exists:%{d2147483648}.x.example"), std::string("exists:%{d4294967298}.x.y"),
        std::string("exists:%{d256}.x.example"), std::string("exists:%{d0}.x.example"),
        std::string("exists:%{S2147483648r.-+,/_=}"), without_spaces(many(128))}) {
    INFO(term);
    CHECK(check_record("v=spf1 " + term + " -all").outcome.result == Result::permerror);
  }
  // Right by the grammar, and only long.
  for (const std::string& term :
       {std::string("exists:%{S128r.-+,/_=}"), without_spaces(many(60))}) {
    INFO(term);
    CHECK(check_record("v=spf1 " + term + " -all").outcome.result == Result::fail);
  }
}

TEST_CASE("check_host: SPF-09 an explanation made to overflow", "[spf][security]") {
  const std::string macros =
      repeated(126, [](unsigned) { return "%{d}"; }) + "%{l}" + std::string(600, 'c');
  const Json zone = {{"why.example.org", text(macros)}, {"up.example.org", text("%{S}%{L}%{H}")}};
  auto request = mail_from(std::string(300, '&') + "@example.org");
  Json published = zone;
  published["example.org"] = text("v=spf1 -all exp=why.example.org");
  const auto silent = check_in(request, zone_of(published.dump()));
  CHECK(silent.outcome.result == Result::fail);
  CHECK(silent.asked.size() == 1);  // exp= is not fetched by default.

  request.explain = true;
  const auto told = check_in(request, zone_of(published.dump()));
  CHECK(told.outcome.explanation.size() == max_explanation_size);
  CHECK(told.asked.size() == 2);
  published["example.org"] = text("v=spf1 -all exp=up.example.org");
  const auto escaped = check_in(request, zone_of(published.dump()));
  CHECK(escaped.outcome.explanation.substr(0, 6) == "%26%26");
  CHECK(escaped.outcome.explanation.size() == max_explanation_size);
}

TEST_CASE("check_host: SPF-10 a record of 45 KB", "[spf][security]") {
  const auto network = [](unsigned i) {
    return "ip4:10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".1";
  };
  const auto check = check_record("v=spf1" + repeated(3000, network) + " -all");
  CHECK(check.outcome.result == Result::fail);
  const auto huge = check_record("v=spf1" + repeated(6000, network) + " +all");
  CHECK(huge.outcome.result == Result::permerror);
  CHECK(huge.outcome.problem == "SPF record is too large");
}

TEST_CASE("check_host: SPF-11 prefix lengths out of range", "[spf][security]") {
  const auto term = GENERATE(as<std::string>{}, "ip4:192.0.2.1/33", "ip6:::/129",
                             "ip4:192.0.2.0/99999999999999999999", "a/33", "a//129", "mx/032",
                             "a/99999999999999999999", "ip6:::/99999999999999999999", "a/-1");
  CHECK(check_record("v=spf1 +" + term + " -all").outcome.result == Result::permerror);
}

TEST_CASE("check_host: SPF-12 a CNAME loop", "[spf][security]") {
  const Json zone = {{"a.example.org", {{"CNAME", "b.example.org"}}},
                     {"b.example.org", {{"CNAME", "a.example.org"}}}};
  const auto at_name = check_in(mail_from("x@a.example.org"), zone_of(zone.dump()));
  CHECK(at_name.outcome.result == Result::temperror);
  CHECK(at_name.asked.size() == 1);
  CHECK(check_record("v=spf1 a:b.example.org -all", zone).outcome.result == Result::temperror);
}

TEST_CASE("check_host: SPF-13 MAIL FROM that readers take for another domain", "[spf][security]") {
  const dns::Zone zone = zone_of(R"({"legit.example": {"TXT": ["v=spf1 +all"]},
                                     "attack.example": {"TXT": ["v=spf1 -all"]}})");
  struct Case {
    std::string sender, domain;
    Result result;
  };
  const auto c = GENERATE(values<Case>({
      {"(any@legit.example", "", Result::none},
      {"any@legit.example(a.attack.example", "", Result::none},
      {"any@legit.example'@any.attack.example", "any.attack.example", Result::none},
      {"any@legit.example'@attack.example", "attack.example", Result::fail},
      {"@legit.example,@b.example:user@attack.example", "attack.example", Result::fail},
      {"@legit.example:user@attack.example", "attack.example", Result::fail},
      {"any@legit.example@attack.example", "attack.example", Result::fail},
      {"any@legit.example\r\nX: @attack.example", "attack.example", Result::fail},
      {"any@attack.example,legit.example", "", Result::none},
      {"any@legit.example ", "", Result::none},
      {"any@legit.example>", "", Result::none},
      {std::string("any@legit.example\0.attack.example", 33), "", Result::none},
      {"any@b\xc3\xbc"
       "cher.example",
       "", Result::none},
      {"any@[192.0.2.1]", "", Result::none},
      {"legit.example", "", Result::none},
      {"any@", "", Result::none},
  }));
  INFO(c.sender);
  const auto check = check_in(mail_from(c.sender), zone);
  CHECK(check.outcome.domain == c.domain);
  CHECK(check.outcome.result == c.result);
  CHECK(check.outcome.problem.empty() != c.domain.empty());
  CHECK(check.asked.size() == (c.domain.empty() ? 0 : 1));
}

TEST_CASE("check_host: SPF-14 empty MAIL FROM and a HELO that is no name", "[spf][security]") {
  const auto helo = GENERATE(as<std::string>{}, std::string(300, 'a') + ".example",
                             "m\xfcller.example", "[192.0.2.1]", "localhost", "", "192.0.2.1",
                             std::string("a\0.example", 10), "-.", "mx.example\r\nA: b");
  auto request = mail_from("");
  request.helo = helo;
  const auto check = check_in(request, zone_of("{}"));
  CHECK(check.outcome.result == Result::none);
  CHECK(check.outcome.domain.empty());
  CHECK_FALSE(check.outcome.problem.empty());
  CHECK(check.asked.empty());
}

TEST_CASE("check_host: SPF-15 a long local part in a name", "[spf][security]") {
  std::string local_part;
  while (local_part.size() < 260) local_part += "label" + std::to_string(local_part.size()) + ".";
  Json zone = Json::object();
  zone["example.org"] = text("v=spf1 exists:%{l}._spf.example.org -all");
  const auto check = check_in(mail_from(local_part + "x@example.org"), zone_of(zone.dump()));
  CHECK(check.outcome.result == Result::fail);
  REQUIRE(check.asked.size() == 2);
  const std::string& name = check.asked[1].name;
  CHECK(name.size() <= 253);
  CHECK(name.size() > 253 - 10);
  CHECK((local_part + "x._spf.example.org").find(name) != std::string::npos);
  CHECK(name.starts_with("label"));
}

TEST_CASE("check_host: octets that DNS text cannot carry are never asked", "[spf][security]") {
  const auto local_part =
      GENERATE(as<std::string>{}, std::string("a\0b", 3), "a\xc3\xbc", "a\nb", "\x7f");
  const Json zone = {{"example.org", text("v=spf1 exists:%{l}.example.org include:%{l}.x.y -all")}};
  const auto check = check_in(mail_from(local_part + "@example.org"), zone_of(zone.dump()));
  CHECK(check.outcome.result == Result::permerror);
  CHECK(check.outcome.problem == "include: gives no domain name");
  CHECK(check.asked.size() == 1);
}

TEST_CASE("check_host: the most questions a policy can cause", "[spf][security]") {
  // Ten includes ahead, none of them reached: the first leads to nine mx terms of ten hosts.
  const auto check = check_with(mail_from("x@example.org"), [](const dns::Question& question) {
    dns::Answer answer;
    answer.status = dns::Status::success;
    if (question.type == dns::Type::a) answer.addresses.push_back(ip("198.51.100.1"));
    for (std::uint16_t i = 0; i < 10 && question.type == dns::Type::mx; ++i) {
      answer.exchanges.push_back({i, std::to_string(i) + "." + question.name});
    }
    const bool is_root = question.name == "example.org";
    const auto term = [&](unsigned i) {
      return (is_root ? "include:i" : "mx:m") + std::to_string(i) + "." + question.name;
    };
    if (question.type == dns::Type::txt) answer.texts.push_back("v=spf1" + repeated(10, term));
    return answer;
  });
  CHECK(check.outcome.result == Result::permerror);
  CHECK(check.asked.size() == 1 + 10 + 9 * 11);
  CHECK(check.asked.size() <= max_questions({}));
  CHECK(max_questions({}) == 133);
}

}  // namespace
}  // namespace postern::spf
