#include "cli/policy_trial.hpp"

#include <utility>

namespace postern::cli {
namespace {

// A trial has a store of its own, in which no mailbox is.
void explain_quota(const std::vector<policy::Rule>& rules, std::vector<policy::RuleTrace>& trace) {
  for (std::size_t i = 0; i < trace.size() && i < rules.size(); ++i) {
    const bool is_reached = trace[i].result == policy::RuleTrace::Result::went_on;
    if (rules[i].step == policy::Step::quota && is_reached) {
      trace[i].why = "not tried here; see `postern quota show`";
    }
  }
}

}  // namespace

PolicyTrial::Outcome PolicyTrial::run(const policy::Request& request, store::Time now) {
  const auto inquiry = resolver_.inquiry(
      {site_.general.dns_budget, site_.general.dns_timeout, site_.general.max_questions});
  dns::Answers answers;
  store::Known known;
  bool store_failed = false;
  while (true) {
    policy::Evaluation evaluation =
        policy::evaluate(request, site_.policy, {answers, known, store_failed}, now);
    if (evaluation.decision) {
      explain_quota(site_.policy.settings.rules, evaluation.trace);
      (void)store_.run(evaluation.decision->writes, now);
      return {std::move(*evaluation.decision), std::move(evaluation.trace)};
    }
    inquiry->ask(evaluation.questions);
    inquiry->wait(answers);
    const auto results = store_.run(evaluation.operations, now);
    store_failed = !results;
    for (std::size_t i = 0; results && i < results->size(); ++i) {
      known.add(evaluation.operations[i], (*results)[i]);
    }
  }
}

}  // namespace postern::cli
