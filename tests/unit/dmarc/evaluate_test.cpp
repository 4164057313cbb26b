// Tests of DMARC evaluation beyond the RFC 9989 vectors: failures, several authors, attacks.
#include "lib/dmarc/evaluate.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/dmarc/mini_zone.hpp"

namespace postern::dmarc {
namespace {

using authres::Result;

Request from(std::vector<std::string> authors) {
  Request request;
  request.author_domains = std::move(authors);
  return request;
}

TEST_CASE("evaluate: without a usable author nothing is asked", "[dmarc]") {
  const auto authors =
      GENERATE(as<std::vector<std::string>>{}, std::vector<std::string>{},
               std::vector<std::string>{"a.b", "b.b", "c.b", "d.b", "e.b"},
               std::vector<std::string>{""}, std::vector<std::string>{"A.example"},
               std::vector<std::string>{"a..example"}, std::vector<std::string>{"a(b.example"},
               std::vector<std::string>{"a.example", "b\n.example"});
  const dns::Evaluation<Outcome> evaluation = evaluate(from(authors), {});
  REQUIRE(evaluation.is_done());
  CHECK(evaluation.result().result == Result::permerror);
  CHECK_FALSE(evaluation.result().reason.empty());
  CHECK(evaluation.result().dns_queries == 0);
}

// DM-01.
TEST_CASE("evaluate: a broken record is no policy", "[dmarc][security]") {
  const auto [text, result, policy] = GENERATE(table<std::string, Result, Policy>({
      {"v=DMARC1; rf=mailto:", Result::none, Policy::none},
      {"v=DMARC1; p=", Result::none, Policy::none},
      {"v=DMARC1; pct=-1", Result::none, Policy::none},
      {"v=DMARC1; ;;;=", Result::none, Policy::none},
      {";;;=", Result::none, Policy::none},
      {"v=DMARC1; p=reject; pct=-1", Result::fail, Policy::reject},
      {"v=DMARC1; p=reject; rf=mailto:;;;=", Result::fail, Policy::reject},
  }));
  const Outcome outcome = evaluate_over(from({"bad.example"}), {{{"bad.example", text}}, {}, {}});
  CHECK(outcome.result == result);
  CHECK(outcome.policy == policy);
}

// DM-06.
TEST_CASE("evaluate: a DNS failure is neither pass nor fail", "[dmarc][security]") {
  const MiniZone zone{{{"legit.example", "v=DMARC1; p=reject"}}, {}, {"_dmarc.legit.example"}};
  Request request = from({"legit.example"});
  request.spf_domain = "attack.example";
  CHECK(evaluate_over(request, zone).result == Result::temperror);
  // not even for the author's own domain, since alignment may be strict
  request.spf_domain = "legit.example";
  const Outcome outcome = evaluate_over(request, zone);
  CHECK(outcome.result == Result::temperror);
  CHECK(outcome.policy == Policy::none);
  CHECK(outcome.reason == "DNS failed for _dmarc.legit.example");
}

TEST_CASE("evaluate: a failure that changes nothing is passed over", "[dmarc]") {
  const auto [failing, spf, result] = GENERATE(table<std::string, std::string, Result>({
      // relaxed alignment needs the organization, except with the same name or none in common
      {"_dmarc.example", "legit.example", Result::pass},
      {"_dmarc.example", "", Result::fail},
      {"_dmarc.example", "attack.test", Result::fail},
      {"_dmarc.example", "mail.legit.example", Result::temperror},
      {"_dmarc.example", "attack.example", Result::temperror},
      {"_dmarc.mail.legit.example", "mail.legit.example", Result::temperror},
      {"_dmarc.mail.legit.example", "legit.example", Result::pass},
      {"_dmarc.attack.example", "attack.example", Result::fail},
      {"legit.example", "attack.example", Result::fail},
  }));
  CAPTURE(failing, spf);
  Request request = from({"legit.example"});
  request.spf_domain = spf;
  const MiniZone zone{{{"legit.example", "v=DMARC1; p=reject"}}, {}, {failing}};
  CHECK(evaluate_over(request, zone).result == result);
}

TEST_CASE("evaluate: identifiers that could not be checked", "[dmarc]") {
  const auto [spf, dkim, result] = GENERATE(table<std::string, std::string, Result>({
      {"", "", Result::fail},
      {"legit.example", "", Result::temperror},
      {"", "mail.legit.example", Result::temperror},
      {"attack.example", "attack.example", Result::fail},  // a broken domain of one's own
      {"not a domain", "", Result::fail},
  }));
  Request request = from({"legit.example"});
  request.spf_temperror_domain = spf;
  request.dkim_temperror_domains = {dkim};
  const MiniZone zone{{{"legit.example", "v=DMARC1; p=reject"}}, {}, {}};
  CHECK(evaluate_over(request, zone).result == result);
  request.dkim_domains = {"legit.example"};
  CHECK(evaluate_over(request, zone).result == Result::pass);
}

// DM-07: there is no way to say HELO in a Request; an empty MAIL FROM is an empty spf_domain.
TEST_CASE("evaluate: an identifier that is no domain name never aligns", "[dmarc][security]") {
  const auto name = GENERATE(as<std::string>{}, "", "legit.example.", "Legit.example", ".",
                             "legit.example(.attack.example", "legit.example\n", " legit.example");
  Request request = from({"legit.example"});
  request.spf_domain = name;
  request.dkim_domains = {name};
  const MiniZone zone{{{"legit.example", "v=DMARC1; p=reject"}}, {}, {}};
  CHECK(evaluate_over(request, zone).result == Result::fail);
}

// DM-08.
TEST_CASE("evaluate: no order of identifiers or answers changes the outcome", "[dmarc][security]") {
  const MiniZone zone{{{"legit.example", "v=DMARC1; p=none; np=reject; t=y"},
                       {"other.example", "v=DMARC1; p=quarantine"}},
                      {},
                      {"_dmarc.b.attack.example"}};
  std::vector<std::string> dkim = {"a.other.example", "attack.example", "b.attack.example",
                                   "mail.legit.example.net"};
  std::vector<std::string> authors = {"other.example", "x.legit.example"};
  for (const bool is_aligned : {false, true}) {
    if (is_aligned) dkim.back() = "y.legit.example";
    Request request = from(authors);
    request.dkim_domains = dkim;
    const Outcome expected = evaluate_over(request, zone);
    CHECK(expected.result == (is_aligned ? Result::pass : Result::fail));
    std::vector<std::string> order = dkim;
    std::sort(order.begin(), order.end());
    do {
      request.dkim_domains = order;
      for (const bool one_at_a_time : {false, true}) {
        CHECK(evaluate_over(request, zone, one_at_a_time) == expected);
        std::reverse(request.author_domains.begin(), request.author_domains.end());
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST_CASE("evaluate: of several authors the worst counts", "[dmarc][security][rfc9989-5.3]") {
  using Domains = std::vector<std::string>;
  const auto [authors, author, result,
              policy] = GENERATE(table<Domains, std::string, Result, Policy>({
      {{"pass.example"}, "pass.example", Result::pass, Policy::quarantine},
      {{"pass.example", "too.example"}, "pass.example", Result::pass, Policy::quarantine},
      {{"pass.example", "reject.test"}, "reject.test", Result::fail, Policy::reject},
      {{"none.test", "reject.test", "quarantine.test"},
       "reject.test",
       Result::fail,
       Policy::reject},
      {{"none.test", "pass.example"}, "none.test", Result::fail, Policy::none},
      {{"silent.test", "pass.example"}, "silent.test", Result::none, Policy::none},
      {{"broken.test", "pass.example"}, "broken.test", Result::temperror, Policy::none},
      {{"broken.test", "silent.test"}, "broken.test", Result::temperror, Policy::none},
      {{"broken.test", "a.silent.test"}, "broken.test", Result::temperror, Policy::none},
      {{"a.testing.test", "reject.test"}, "reject.test", Result::fail, Policy::reject},
      {{"a.testing.test", "quarantine.test"}, "a.testing.test", Result::fail, Policy::quarantine},
      {{"broken.test", "quarantine.test"}, "quarantine.test", Result::fail, Policy::quarantine},
  }));
  const MiniZone zone{{{"pass.example", "v=DMARC1; p=quarantine"},
                       {"too.example", "v=DMARC1; p=none"},
                       {"none.test", "v=DMARC1; p=none"},
                       {"quarantine.test", "v=DMARC1; p=quarantine"},
                       {"a.testing.test", "v=DMARC1; p=reject; t=y"},
                       {"reject.test", "v=DMARC1; p=reject"}},
                      {},
                      {"_dmarc.broken.test"}};
  Request request = from(authors);
  request.dkim_domains = {"pass.example", "too.example"};
  const Outcome outcome = evaluate_over(request, zone);
  CAPTURE(authors);
  CHECK(outcome.author_domain == author);
  CHECK(outcome.result == result);
  CHECK(outcome.policy == policy);
}

TEST_CASE("evaluate: existence is asked only where np can matter", "[dmarc][rfc9989-4.7]") {
  const auto [record, author, extra] = GENERATE(table<std::string, std::string, unsigned>({
      {"v=DMARC1; p=reject", "x.legit.example", 0},
      {"v=DMARC1; p=reject; np=reject", "x.legit.example", 0},
      {"v=DMARC1; p=none; sp=reject; np=reject", "x.legit.example", 0},
      {"v=DMARC1; p=none; np=reject", "x.legit.example", 1},
      {"v=DMARC1; p=none; np=reject", "_dmarc.legit.example", 1},
      {"v=DMARC1; p=none; np=reject", "legit.example", 0},
      {"v=DMARC1; p=none; np=reject", "known.legit.example", 0},  // its "_dmarc" says NODATA
  }));
  CAPTURE(record, author);
  const MiniZone zone{{{"legit.example", record}}, {"x._dmarc.known.legit.example"}, {}};
  const auto walk = static_cast<unsigned>(std::count(author.begin(), author.end(), '.') + 1);
  CHECK(evaluate_over(from({author}), zone).dns_queries == walk + extra);
}

TEST_CASE("evaluate: not knowing whether the author exists", "[dmarc]") {
  const auto [text, milder] = GENERATE(table<std::string, Policy>({
      {"v=DMARC1; p=quarantine; np=reject", Policy::quarantine},
      {"v=DMARC1; p=quarantine; np=none", Policy::none},
  }));
  const MiniZone zone{{{"legit.example", text}}, {}, {"x.legit.example"}};
  Request request = from({"x.legit.example"});
  CHECK(evaluate_over(request, zone).result == Result::temperror);
  request.spf_domain = "x.legit.example";
  const Outcome outcome = evaluate_over(request, zone);
  CHECK(outcome.result == Result::pass);
  CHECK(outcome.policy == milder);
}

TEST_CASE("evaluate: the policy before and after t=", "[dmarc][rfc9989-4.7]") {
  const auto [text, published, policy, testing] =
      GENERATE(table<std::string, Policy, Policy, bool>({
          {"v=DMARC1; p=reject", Policy::reject, Policy::reject, false},
          {"v=DMARC1; p=reject; t=y", Policy::reject, Policy::quarantine, true},
          {"v=DMARC1; p=quarantine; t=y", Policy::quarantine, Policy::none, true},
          {"v=DMARC1; p=none; t=y", Policy::none, Policy::none, false},
      }));
  const Outcome outcome = evaluate_over(from({"a.example"}), {{{"a.example", text}}, {}, {}});
  CHECK(outcome.published == published);
  CHECK(outcome.policy == policy);
  CHECK(outcome.testing == testing);
  REQUIRE(outcome.record);
  CHECK(outcome.record->p == published);
}

TEST_CASE("evaluate: alignment asks for nothing it does not need", "[dmarc]") {
  const auto [record, identifier, queries] = GENERATE(table<std::string, std::string, unsigned>({
      {"v=DMARC1; p=reject", "a.example", 2},     // the author's own walk
      {"v=DMARC1; p=reject", "far.off.test", 2},  // not below the same organization
      {"v=DMARC1; p=reject", "notana.example", 2},
      {"v=DMARC1; p=reject", "mail.a.example", 3},
      {"v=DMARC1; p=reject; adkim=s", "mail.a.example", 2},
  }));
  CAPTURE(record, identifier);
  Request request = from({"a.example"});
  request.dkim_domains = {identifier};
  const MiniZone zone{{{"a.example", record}}, {}, {}};
  CHECK(evaluate_over(request, zone).dns_queries == queries);
}

TEST_CASE("evaluate: reasons are for people, and short", "[dmarc]") {
  using Domains = std::vector<std::string>;
  const MiniZone zone{{{"a.example", "v=DMARC1; p=reject"}}, {}, {}};
  const auto [spf, dkim, reason] = GENERATE(table<std::string, Domains, std::string>({
      {"", {}, "neither SPF nor DKIM passed"},
      {"b.test", {}, "no aligned identifier: SPF passed for b.test"},
      {"", {"c.test", "b.test"}, "no aligned identifier: DKIM passed for b.test, c.test"},
      {"b.test",
       {"e.test", "c.test", "d.test", "f.test"},
       "no aligned identifier: SPF passed for b.test, DKIM for c.test, d.test and 2 more"},
      {"a.example", {"c.test"}, ""},
  }));
  Request request = from({"a.example"});
  request.spf_domain = spf;
  request.dkim_domains = dkim;
  CHECK(evaluate_over(request, zone).reason == reason);

  std::string longest(63, 'a');
  while (longest.size() < 240) longest += ".test";
  request.spf_domain = "b." + longest;
  request.dkim_domains = {longest, "c." + longest, "d." + longest};
  const std::string text = evaluate_over(request, zone).reason;
  CHECK(text.size() <= max_reason_size);
  CHECK(std::all_of(text.begin(), text.end(), ascii::is_printable));
}

}  // namespace
}  // namespace postern::dmarc
