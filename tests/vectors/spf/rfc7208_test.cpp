// The public RFC 7208 test suite, all scenarios (pyspf, test/rfc7208-tests.yml as JSON).
#include "tests/support/spf_suite.hpp"
#include "tests/unit/spf/zone_check.hpp"

namespace postern::spf {
namespace {

void run(const test::SpfScenario& scenario, const test::SpfTest& test) {
  const auto lookup = [&](const dns::Question& question) { return scenario.lookup(question); };
  const Outcome outcome = check_with(test.request, lookup).outcome;
  INFO(test.id << ": " << outcome.problem);
  // Where the suite allows several results, the first is the one it prefers.
  CHECK(authres::to_token(outcome.result) == test.results.front());
  if (!test.has_explanation) return;
  CHECK(outcome.explanation == (test.explanation == "DEFAULT" ? "" : test.explanation));
}

TEST_CASE("check_host: RFC 7208 test suite", "[spf][rfc7208]") {
  const auto suite = test::read_suite("spf-rfc7208/rfc7208-tests.json");
  if (!suite) return;
  unsigned tests = 0;
  for (const test::SpfScenario& scenario : test::read_spf_suite(*suite)) {
    for (const test::SpfTest& test : scenario.tests) {
      run(scenario, test);
      ++tests;
    }
  }
  CHECK(tests == 203);
}

}  // namespace
}  // namespace postern::spf
