#include "lib/antispam/engine/schedule.hpp"

#include <algorithm>
#include <tuple>

#include "lib/antispam/engine/rule_kind.hpp"

namespace postern::antispam {
namespace {

constexpr int net_tests = 1;  // bits of a score set
constexpr int bayes_tests = 2;

bool is_left_out(const Rule& rule, int score_set) {
  return (rule.flags.net && (score_set & net_tests) == 0) ||
         (rule.flags.learn && (score_set & bayes_tests) == 0);
}

// Rules that are evals to SpamAssassin, whatever they are here.
bool is_eval(const Rule& rule) {
  const auto* const header = std::get_if<HeaderTest>(&rule.test);
  return (header != nullptr && header->of_parts) || std::holds_alternative<EvalTest>(rule.test) ||
         std::holds_alternative<UriDetailTest>(rule.test);
}

std::string why_missing(const EvalTest& test) {
  const MissingEval* const missing = find_missing_eval(test.function);
  if (missing != nullptr) return std::string(missing->reason);
  return "there is no function " + test.function + "()";
}

}  // namespace

std::vector<bool> active_rules(const RuleSet& rules, int score_set) {
  std::vector<bool> active;
  active.reserve(rules.rules.size());
  for (const Rule& rule : rules.rules) {
    const bool has_score = rule.scores[static_cast<std::size_t>(score_set)] != 0;
    active.push_back(has_score && !(is_eval(rule) && is_left_out(rule, score_set)));
  }
  return active;
}

std::vector<const Eval*> evals_to_run(const RuleSet& rules, const std::vector<bool>& is_active,
                                      std::vector<RuleWarning>& warnings) {
  std::vector<const Eval*> found(rules.rules.size(), nullptr);
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    const Rule& rule = rules.rules[i];
    const auto* const test = std::get_if<EvalTest>(&rule.test);
    if (test == nullptr || test->is_rbl || !is_active[i]) continue;
    found[i] = find_eval(test->function);
    if (found[i] == nullptr) {
      warnings.push_back({rule.source, rule.name + " never hits: " + why_missing(*test)});
    } else if (found[i]->run == nullptr) {
      found[i] = nullptr;  // DNS answers it
    }
  }
  return found;
}

std::vector<ScheduledRule> schedule(const RuleSet& rules, const PatternRules& patterns,
                                    const std::vector<UriDetailRule>& uri_details,
                                    const std::vector<const Eval*>& evals) {
  using Key = std::tuple<int, RuleKind, std::size_t>;
  std::vector<std::pair<Key, ScheduledRule>> found;
  const auto add = [&](const ScheduledRule& rule) {
    const Rule& known = rules.rules[rule.rule];
    found.push_back({{known.priority, kind_of(known.test), rule.rule}, rule});
  };
  for (const PatternRule& pattern : patterns.all()) add({pattern.rule, &pattern, nullptr, nullptr});
  for (const UriDetailRule& detail : uri_details) add({detail.rule, nullptr, &detail, nullptr});
  for (std::size_t i = 0; i < evals.size(); ++i) {
    if (evals[i] != nullptr) add({i, nullptr, nullptr, evals[i]});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ScheduledRule> ordered;
  ordered.reserve(found.size());
  for (const auto& entry : found) ordered.push_back(entry.second);
  return ordered;
}

}  // namespace postern::antispam
