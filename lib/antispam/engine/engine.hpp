// Runs the rules of a configuration over messages (Mail::SpamAssassin::PerMsgStatus,
// Plugin::Check).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"
#include "lib/antispam/message/rendered_message.hpp"
#include "lib/antispam/rules/rule_set.hpp"
#include "lib/antispam/text/regex.hpp"

namespace postern::antispam {

/// Time as the engine takes it, so that tests can let it pass.
using SteadyNow = std::chrono::steady_clock::time_point (*)();

struct EngineSettings {
  int score_set = 0;  ///< Bit 0: network tests, bit 1: Bayes.
  /// Patterns of sub-rules run even if no meta can still need them: for comparison with
  /// SpamAssassin.
  bool eager = false;
  /// Per message; 0: none. Beyond it no more rules run, and TIME_LIMIT_EXCEEDED hits.
  std::chrono::milliseconds budget{0};
  SteadyNow now = nullptr;  ///< Needed for a budget.
};

/// What rules found. Indices are those of RuleSet::rules.
struct RuleHits {
  std::vector<double> values;           ///< By rule; 0: no hit.
  std::vector<std::size_t> over_limit;  ///< Rules whose pattern gave up.
  bool over_budget = false;
};

struct SpamResult {
  double score = 0;  ///< Rounded to three decimals.
  std::vector<std::pair<std::size_t, double>>
      hits;  ///< Rule and value, sub-rules too; ordered by rule.
  std::vector<std::size_t> over_limit;
  bool over_budget = false;
};

/// Immutable once made; any number of threads may use it, each with its own message. Borrows rules
/// and compiler.
class Engine {
 public:
  Engine(const RuleSet& rules, const RegexCompiler& compiler, const EngineSettings& settings);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Patterns, evals, and what needs no answer. Then metas: conclude().
  [[nodiscard]] RuleHits match(EvalContext& context) const;
  /// Metas over what was found; `values` of rules that DNS decided are set by the caller before.
  [[nodiscard]] SpamResult conclude(RuleHits hits) const;

  /// Rules that never hit, and why: a pattern that does not compile, an eval that is not there, a
  /// meta that needs itself.
  [[nodiscard]] const std::vector<RuleWarning>& warnings() const;
  [[nodiscard]] const RegexSource& regexes() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace postern::antispam
