// Compares our DMARC with libopendmarc over the RFC 9989 cases.
#include <iostream>

#include <unistd.h>

#include "tests/oracles/child_process.hpp"
#include "tests/oracles/comparison.hpp"
#include "tests/oracles/dmarc_suite.hpp"
#include "tests/oracles/opendmarc_library.hpp"

namespace postern::oracle {
namespace {

std::string our_answer(const DmarcTest& test) {
  const dmarc::Outcome outcome =
      resolve([&](const dns::Answers& answers) { return dmarc::evaluate(test.request, answers); },
              [&](const dns::Question& question) { return test.lookup(question); });
  return test.answer(std::string(to_token(outcome.result)), std::string(to_token(outcome.policy)));
}

std::string their_answer(const DmarcTest& test) {
  return run_in_child([&] {
    const OpendmarcOutcome outcome = evaluate_with_opendmarc(
        test.request, test.spf_helo_domain,
        [&](const dns::Question& question) { return test.lookup(question); });
    return test.answer(outcome.result, outcome.policy);
  });
}

int run(int argc, char** argv) {
  const auto suite = read_suite("dmarc-rfc9989/vectors.json");
  if (!suite) return 0;
  if (access(public_suffix_list, R_OK) != 0) {
    std::cout << "skipped: " << public_suffix_list << " not found (package publicsuffix)\n";
    return 0;
  }
  std::vector<Case> cases;
  for (const DmarcTest& test : read_dmarc_suite(*suite)) {
    cases.push_back({test.id, our_answer(test), their_answer(test), {test.expected()}});
  }
  return finish("libopendmarc", cases, argc, argv);
}

}  // namespace
}  // namespace postern::oracle

int main(int argc, char** argv) {
  return postern::oracle::run(argc, argv);
}
