// Compares our SPF with libspf2 over the RFC 7208 test suite.
#include "tests/oracles/child_process.hpp"
#include "tests/oracles/comparison.hpp"
#include "tests/oracles/spf2_library.hpp"
#include "tests/support/spf_suite.hpp"

namespace postern::oracle {
namespace {

using test::SpfScenario;
using test::SpfTest;

std::string our_answer(const SpfScenario& scenario, const SpfTest& test) {
  const spf::Outcome outcome = test::resolve(
      [&](const dns::Answers& answers) { return spf::check_host(test.request, answers); },
      [&](const dns::Question& question) { return scenario.lookup(question); });
  return test.answer(std::string(to_token(outcome.result)),
                     outcome.explanation.empty() ? "DEFAULT" : outcome.explanation);
}

std::string their_answer(const SpfScenario& scenario, const SpfTest& test) {
  return run_in_child([&] {
    const Spf2Outcome outcome = check_with_spf2(
        test.request, [&](const dns::Question& question) { return scenario.lookup(question); });
    return test.answer(outcome.result, outcome.explanation);
  });
}

int run(int argc, char** argv) {
  const auto suite = test::read_suite("spf-rfc7208/rfc7208-tests.json");
  if (!suite) return 0;
  std::vector<Case> cases;
  for (const SpfScenario& scenario : test::read_spf_suite(*suite)) {
    for (const SpfTest& test : scenario.tests) {
      cases.push_back(
          {test.id, our_answer(scenario, test), their_answer(scenario, test), test.expected()});
    }
  }
  return finish("libspf2", cases, argc, argv);
}

}  // namespace
}  // namespace postern::oracle

int main(int argc, char** argv) {
  return postern::oracle::run(argc, argv);
}
