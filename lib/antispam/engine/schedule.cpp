#include "lib/antispam/engine/schedule.hpp"

#include <algorithm>
#include <tuple>

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

// Kinds of one priority, in the order in which they run.
enum class Phase {
  header,
  header_eval,
  body,
  uri,
  body_eval,
  rawbody,
  rawbody_eval,
  full,
  full_eval
};

Phase phase_of(PatternRule::Source source) {
  switch (source) {
    case PatternRule::Source::header: return Phase::header;
    case PatternRule::Source::parts: return Phase::body_eval;
    case PatternRule::Source::body: return Phase::body;
    case PatternRule::Source::rawbody: return Phase::rawbody;
    case PatternRule::Source::uri: return Phase::uri;
    case PatternRule::Source::full: return Phase::full;
  }
  return Phase::full;
}

Phase phase_of(EvalTest::Kind kind) {
  switch (kind) {
    case EvalTest::Kind::header: return Phase::header_eval;
    case EvalTest::Kind::body: return Phase::body_eval;
    case EvalTest::Kind::rawbody: return Phase::rawbody_eval;
    case EvalTest::Kind::full: return Phase::full_eval;
  }
  return Phase::full_eval;
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
  using Key = std::tuple<int, Phase, std::size_t>;
  std::vector<std::pair<Key, ScheduledRule>> found;
  for (const PatternRule& pattern : patterns.all()) {
    found.push_back({{rules.rules[pattern.rule].priority, phase_of(pattern.source), pattern.rule},
                     {pattern.rule, &pattern, nullptr, nullptr}});
  }
  for (const UriDetailRule& detail : uri_details) {
    found.push_back({{rules.rules[detail.rule].priority, Phase::body_eval, detail.rule},
                     {detail.rule, nullptr, &detail, nullptr}});
  }
  for (std::size_t i = 0; i < evals.size(); ++i) {
    if (evals[i] == nullptr) continue;
    const Phase phase = phase_of(std::get<EvalTest>(rules.rules[i].test).kind);
    found.push_back({{rules.rules[i].priority, phase, i}, {i, nullptr, nullptr, evals[i]}});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ScheduledRule> ordered;
  ordered.reserve(found.size());
  for (const auto& entry : found) ordered.push_back(entry.second);
  return ordered;
}

}  // namespace postern::antispam
