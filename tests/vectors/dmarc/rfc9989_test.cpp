// The RFC 9989 evaluation cases, each over the zone that comes with it.
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/dmarc_suite.hpp"

namespace postern::dmarc {
namespace {

/// An outcome and what it took.
struct Run {
  Outcome outcome;
  std::size_t questions = 0;
  std::set<std::string> policy_names;  // Names whose TXT was asked for.
};

Run evaluate_over_zone(const test::DmarcTest& test) {
  constexpr int max_evaluations = 5;
  Run run;
  int evaluations = 0;
  const auto next = [&](const dns::Answers& answers) {
    REQUIRE(++evaluations <= max_evaluations);
    return evaluate(test.request, answers);
  };
  run.outcome = test::resolve(next, [&](const dns::Question& question) {
    ++run.questions;
    if (question.type == dns::Type::txt) run.policy_names.insert(question.name);
    return test.lookup(question);
  });
  return run;
}

void check(const test::DmarcTest& test) {
  const Run run = evaluate_over_zone(test);
  const Outcome& outcome = run.outcome;
  CHECK(outcome.dns_queries == run.questions);

  const test::Json& expect = test.expect;
  // What the suite does not say of a case is as it should be.
  const auto said = [&](const char* key, const auto& ours) { return expect.value(key, ours); };
  CHECK(to_token(outcome.result) == expect.at("result").get<std::string>());
  const std::string policy(to_token(outcome.policy));
  CHECK(policy == said("policy", policy));
  CHECK(outcome.organizational_domain == said("org_domain", outcome.organizational_domain));
  CHECK(outcome.policy_domain == said("policy_domain", outcome.policy_domain));
  CHECK(outcome.spf_aligned == said("spf_aligned", outcome.spf_aligned));
  CHECK(outcome.dkim_aligned == said("dkim_aligned", outcome.dkim_aligned));
  if (expect.contains("dmarc_queries")) {
    CHECK(run.policy_names == expect["dmarc_queries"].get<std::set<std::string>>());
  }
}

TEST_CASE("evaluate: RFC 9989 vectors", "[dmarc][rfc9989]") {
  const auto suite = test::read_suite("dmarc-rfc9989/vectors.json");
  if (!suite) return;
  std::size_t count = 0;
  for (const test::DmarcTest& test : test::read_dmarc_suite(*suite)) {
    ++count;
    INFO(test.id);
    check(test);
  }
  CHECK(count == 60);
}

}  // namespace
}  // namespace postern::dmarc
