// Which rules run, and in which order (Mail::SpamAssassin::Plugin::Check).
#pragma once

#include <vector>

#include "lib/antispam/engine/pattern_rules.hpp"
#include "lib/antispam/engine/uri_details.hpp"
#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/rules/rule_set.hpp"

namespace postern::antispam {

/// By rule: its score in the set is not zero, and it needs neither DNS nor Bayes where the set has
/// none. Patterns of header, body, rawbody, uri, and full rules run whatever they are said to need.
[[nodiscard]] std::vector<bool> active_rules(const RuleSet& rules, int score_set);

/// By rule: its eval, if it is active and runs here; answers of block lists come from elsewhere.
[[nodiscard]] std::vector<const Eval*> evals_to_run(const RuleSet& rules,
                                                    const std::vector<bool>& is_active,
                                                    std::vector<RuleWarning>& warnings);

/// A rule that runs: one of the three.
struct ScheduledRule {
  std::size_t rule = 0;
  const PatternRule* pattern = nullptr;
  const UriDetailRule* uri_detail = nullptr;
  const Eval* eval = nullptr;
};

/// In order: by priority, then by kind as SpamAssassin takes them, then by name.
[[nodiscard]] std::vector<ScheduledRule> schedule(const RuleSet& rules,
                                                  const PatternRules& patterns,
                                                  const std::vector<UriDetailRule>& uri_details,
                                                  const std::vector<const Eval*>& evals);

}  // namespace postern::antispam
