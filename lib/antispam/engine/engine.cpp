#include "lib/antispam/engine/engine.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "lib/antispam/engine/metas.hpp"
#include "lib/antispam/engine/pattern_run.hpp"
#include "lib/antispam/engine/regex_cache.hpp"
#include "lib/antispam/engine/rendered_texts.hpp"
#include "lib/antispam/engine/schedule.hpp"

namespace postern::antispam {
namespace {

// Lazy patterns run in rounds, short ones first: what they find often decides that the long ones
// are not needed.
constexpr std::array<std::size_t, 4> round_sizes = {300, 3'000, 30'000,
                                                    std::numeric_limits<std::size_t>::max()};

// As sprintf("%0.3f") does.
double rounded(double score) {
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), score, std::chars_format::fixed, 3);
  double result = score;
  std::from_chars(text.data(), end.ptr, result);
  return result == 0 ? 0 : result;  // not -0
}

// Octets that a rule stands for where the deadline asks what was done: most look at little, but an
// eval may be the first to ask for the whole text.
constexpr std::size_t work_of_a_rule = 256;

}  // namespace

struct Engine::Parts {
  const RuleSet& rules;
  EngineSettings settings;
  std::vector<RuleWarning> warnings;
  RegexCache regexes;
  std::vector<bool> is_active;
  std::vector<const Eval*> evals;
  PatternRules patterns;
  std::vector<UriDetailRule> uri_details;
  Metas metas;
  std::vector<ScheduledRule> at_once;
  std::vector<ScheduledRule> lazy;
  std::vector<bool> is_answered_here;  // by rule; others wait for DNS

  Parts(const RuleSet& set, const RegexCompiler& compiler, const EngineSettings& chosen)
      : rules(set),
        settings(chosen),
        regexes(compiler),
        is_active(active_rules(set, chosen.score_set)),
        evals(evals_to_run(set, is_active, warnings)),
        patterns(set, compiler, is_active, warnings),
        uri_details(compile_uri_details(set, compiler, is_active, warnings)),
        metas(set, is_active, runs(), is_local()) {
    for (const std::size_t rule : metas.cycles()) {
      warnings.push_back(
          {set.rules[rule].source, set.rules[rule].name + ": it depends on itself; it never hits"});
    }
    is_answered_here = runs();
    for (const ScheduledRule& rule : schedule(set, patterns, uri_details, evals)) {
      (is_lazy(rule) ? lazy : at_once).push_back(rule);
    }
  }

  [[nodiscard]] bool is_local() const { return (settings.score_set & 1) == 0; }

  [[nodiscard]] std::vector<bool> runs() const {
    std::vector<bool> found(rules.rules.size());
    for (const PatternRule& pattern : patterns.all()) found[pattern.rule] = true;
    for (const UriDetailRule& detail : uri_details) found[detail.rule] = true;
    for (std::size_t i = 0; i < evals.size(); ++i) {
      if (evals[i] != nullptr) found[i] = true;
    }
    return found;
  }

  // Sub-rules count for metas only, so that nobody misses what was not needed. They run after
  // evals, so that those of low priority would see a body that evals have changed.
  [[nodiscard]] bool is_lazy(const ScheduledRule& rule) const {
    return !settings.eager && rule.pattern != nullptr &&
           rule.pattern->source != PatternRule::Source::header &&
           rule.pattern->source != PatternRule::Source::parts && !rule.pattern->has_captures &&
           rules.rules[rule.rule].is_subrule() && rules.rules[rule.rule].priority >= 0 &&
           !metas.is_delicate()[rule.rule];
  }
};

namespace {

/// One message on its way through the rules.
class MessageRun {
 public:
  MessageRun(const PatternRules& patterns, const RuleSet& rules, EvalContext& context,
             Deadline& deadline)
      : rules_(rules),
        context_(context),
        texts_(context.message),
        patterns_(patterns, texts_, deadline),
        deadline_(deadline) {
    hits_.values.resize(rules.rules.size());
  }

  /// \return Whether there is time for the next one.
  bool run(const ScheduledRule& rule) {
    deadline_.begin_rule();
    if (deadline_.is_over(work_of_a_rule)) {
      hits_.over_budget = true;
      return false;
    }
    if (rule.eval != nullptr) {
      const auto& test = std::get<EvalTest>(rules_.rules[rule.rule].test);
      context_.rule_name = rules_.rules[rule.rule].name;
      hits_.values[rule.rule] = std::max(0.0, rule.eval->run(context_, test.arguments));
      return true;
    }
    if (rule.uri_detail != nullptr) {
      hits_.values[rule.rule] = hits(*rule.uri_detail, context_.message.uri_details()) ? 1 : 0;
      return true;
    }
    refresh_body();
    const MatchCount found = rule.pattern->source == PatternRule::Source::parts
                                 ? patterns_.run(*rule.pattern, context_.message.nodes())
                                 : patterns_.run(*rule.pattern);
    hits_.values[rule.rule] = found.count;
    if (found.over_limit) give_up(rule.rule);
    return true;
  }

  [[nodiscard]] bool is_ruled_out(const ScheduledRule& rule) {
    refresh_body();
    return patterns_.is_ruled_out(*rule.pattern);
  }
  [[nodiscard]] double value(std::size_t rule) const { return hits_.values[rule]; }
  RuleHits take() { return std::move(hits_); }

 private:
  // FreeMail takes addresses out of the body.
  void refresh_body() {
    const unsigned version = context_.message.body_version();
    if (version == body_version_) return;
    texts_.forget_body();
    patterns_.forget_body();
    body_version_ = version;
  }

  // A rule that the message's deadline cuts off is not the one to blame.
  void give_up(std::size_t rule) {
    if (deadline_.is_message_over()) {
      hits_.over_budget = true;
    } else {
      hits_.over_limit.push_back(rule);
    }
  }

  const RuleSet& rules_;
  EvalContext& context_;
  RenderedTexts texts_;
  PatternRun patterns_;
  Deadline& deadline_;
  RuleHits hits_;
  unsigned body_version_ = 0;
};

/// What is known of every rule while lazy ones have not run.
std::vector<ValueRange> known_ranges(const MessageRun& run, const std::vector<bool>& is_answered) {
  std::vector<ValueRange> ranges(is_answered.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (is_answered[i]) ranges[i] = {run.value(i), run.value(i)};
  }
  return ranges;
}

constexpr ValueRange not_known = {0, std::numeric_limits<double>::infinity()};

/// Runs those of `rules` that metas can still need.
void run_lazily(const std::vector<ScheduledRule>& rules, const Metas& metas,
                std::vector<ValueRange> ranges, MessageRun& run) {
  std::vector<const ScheduledRule*> waiting(ranges.size(), nullptr);
  for (const ScheduledRule& rule : rules) {
    if (run.is_ruled_out(rule)) continue;
    ranges[rule.rule] = not_known;
    waiting[rule.rule] = &rule;
  }
  for (const std::size_t size : round_sizes) {
    std::size_t ran = 0;
    for (const std::size_t rule : metas.undecided(ranges)) {
      if (waiting[rule] == nullptr || waiting[rule]->pattern->pattern.size() > size) continue;
      if (!run.run(*waiting[rule])) return;
      ranges[rule] = {run.value(rule), run.value(rule)};
      waiting[rule] = nullptr;
      ++ran;
    }
  }
}

}  // namespace

Engine::Engine(const RuleSet& rules, const RegexCompiler& compiler, const EngineSettings& settings)
    : parts_(std::make_unique<Parts>(rules, compiler, settings)) {}

Engine::~Engine() = default;

RuleHits Engine::match(EvalContext& context, Deadline& deadline) const {
  MessageRun run(parts_->patterns, parts_->rules, context, deadline);
  for (const ScheduledRule& rule : parts_->at_once) {
    if (!run.run(rule)) return run.take();
  }
  if (parts_->lazy.empty()) return run.take();
  std::vector<ValueRange> ranges = known_ranges(run, parts_->is_answered_here);
  if (!parts_->is_local()) {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const bool is_meta = std::holds_alternative<MetaTest>(parts_->rules.rules[i].test);
      if (parts_->is_active[i] && !parts_->is_answered_here[i] && !is_meta) ranges[i] = not_known;
    }
  }
  run_lazily(parts_->lazy, parts_->metas, std::move(ranges), run);
  return run.take();
}

SpamResult Engine::conclude(RuleHits hits) const {
  // Beyond its time limit SpamAssassin evaluates no metas.
  if (!hits.over_budget) parts_->metas.conclude(hits.values);
  const std::vector<Rule>& rules = parts_->rules.rules;
  SpamResult result;
  const auto set = static_cast<std::size_t>(parts_->settings.score_set);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (hits.values[i] == 0) continue;
    result.hits.emplace_back(i, hits.values[i]);
    if (!rules[i].is_subrule()) result.score += rules[i].scores[set];
  }
  if (hits.over_budget) {
    const auto rule = parts_->rules.find(time_limit_rule);
    if (rule) result.hits.emplace_back(*rule, 1);
    std::sort(result.hits.begin(), result.hits.end());
    result.score += rule ? rules[*rule].scores[set] : time_limit_score;
  }
  result.score = rounded(result.score);
  result.over_limit = std::move(hits.over_limit);
  result.over_budget = hits.over_budget;
  return result;
}

const std::vector<RuleWarning>& Engine::warnings() const {
  return parts_->warnings;
}

const RegexSource& Engine::regexes() const {
  return parts_->regexes;
}

}  // namespace postern::antispam
