// Runs the rules of a configuration over messages (Mail::SpamAssassin::PerMsgStatus,
// Plugin::Check).
#pragma once

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
#include "lib/antispam/text/deadline.hpp"
#include "lib/antispam/text/regex.hpp"

namespace postern::antispam {

/// The rule that hits where the time was over, with its score where the rules do not say another.
inline constexpr std::string_view time_limit_rule = "TIME_LIMIT_EXCEEDED";
inline constexpr double time_limit_score = 0.001;

struct EngineSettings {
  int score_set = 0;  ///< Bit 0: network tests, bit 1: Bayes.
  /// Patterns of sub-rules run even if no meta can still need them: for comparison with
  /// SpamAssassin.
  bool eager = false;
};

/// What rules found. Indices are those of RuleSet::rules.
struct RuleHits {
  std::vector<double> values;           ///< By rule; 0: no hit.
  std::vector<std::size_t> over_limit;  ///< Rules whose pattern gave up.
  bool over_budget = false;             ///< Not all rules ran: the deadline was over.
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
  /// Beyond the deadline no more rules run, and TIME_LIMIT_EXCEEDED will hit.
  [[nodiscard]] RuleHits match(EvalContext& context, Deadline& deadline) const;
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
