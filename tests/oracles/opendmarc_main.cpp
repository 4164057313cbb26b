// Compares our DMARC with libopendmarc over the RFC 9989 cases.
#include <iostream>

#include <unistd.h>

#include "tests/oracles/child_process.hpp"
#include "tests/oracles/comparison.hpp"
#include "tests/oracles/opendmarc_library.hpp"
#include "tests/support/dmarc_suite.hpp"

namespace postern::oracle {
namespace {

using test::DmarcTest;

// What both sides can be asked: the result, and of a failure the policy to apply, if the suite says
// it: "pass", "fail reject".
std::string answer(const DmarcTest& test, const std::string& result, const std::string& policy) {
  return result == "fail" && test.expect.contains("policy") ? result + " " + policy : result;
}

std::string expected_answer(const DmarcTest& test) {
  return answer(test, test.expect.at("result"), test.expect.value("policy", ""));
}

std::string our_answer(const DmarcTest& test) {
  const dmarc::Outcome outcome = test::resolve(
      [&](const dns::Answers& answers) { return dmarc::evaluate(test.request, answers); },
      [&](const dns::Question& question) { return test.lookup(question); });
  return answer(test, std::string(to_token(outcome.result)), std::string(to_token(outcome.policy)));
}

std::string their_answer(const DmarcTest& test) {
  return run_in_child([&] {
    const OpendmarcOutcome outcome = evaluate_with_opendmarc(
        test.request, test.spf_helo_domain,
        [&](const dns::Question& question) { return test.lookup(question); });
    return answer(test, outcome.result, outcome.policy);
  });
}

int run(int argc, char** argv) {
  const auto suite = test::read_suite("dmarc-rfc9989/vectors.json");
  if (!suite) return 0;
  if (access(public_suffix_list, R_OK) != 0) {
    std::cout << "skipped: " << public_suffix_list << " not found (package publicsuffix)\n";
    return 0;
  }
  std::vector<Case> cases;
  for (const DmarcTest& test : test::read_dmarc_suite(*suite)) {
    cases.push_back({test.id, our_answer(test), their_answer(test), {expected_answer(test)}});
  }
  return finish("libopendmarc", cases, argc, argv);
}

}  // namespace
}  // namespace postern::oracle

int main(int argc, char** argv) {
  return postern::oracle::run(argc, argv);
}
