#include "lib/antispam/engine/metas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace postern::antispam {
namespace {

using Op = MetaToken::Op;

unsigned operands(Op op) {
  switch (op) {
    case Op::rule:
    case Op::number:
    case Op::local_tests_only: return 0;
    case Op::logical_not:
    case Op::negate:
    case Op::bit_not: return 1;
    case Op::conditional: return 3;
    default: return 2;
  }
}

ValueRange choose(ValueRange condition, ValueRange yes, ValueRange no) {
  if (condition.is_true()) return yes;
  if (condition.is_zero()) return no;
  return {std::min(yes.least, no.least), std::max(yes.most, no.most)};
}

}  // namespace

Metas::Metas(const RuleSet& rules, const std::vector<bool>& is_active,
             const std::vector<bool>& runs, bool local_tests_only)
    : meta_of_rule_(rules.rules.size(), no_rule), is_delicate_(rules.rules.size()) {
  std::vector<std::uint32_t> by_name;
  for (const std::string& name : rules.meta_names) {
    const auto found = rules.find(name);
    by_name.push_back(found ? static_cast<std::uint32_t>(*found) : no_rule);
  }
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    add(rules, i, is_active, local_tests_only, by_name);
  }
  sort_by_dependency();
  find_early(runs);
  find_delicate(rules.rules.size());
}

// A rule that does not add up, by its operands, never hits.
void Metas::add(const RuleSet& rules, std::size_t index, const std::vector<bool>& is_active,
                bool local_tests_only, const std::vector<std::uint32_t>& by_name) {
  const Rule& rule = rules.rules[index];
  const auto* const test = std::get_if<MetaTest>(&rule.test);
  if (test == nullptr) return;
  const auto first = static_cast<std::uint32_t>(steps_.size());
  std::size_t depth = 0;
  bool is_sound = true;
  for (const MetaToken& token : test->tokens) {
    Step step{token.op, no_rule, token.number};
    if (token.op == Op::rule && token.rule < by_name.size()) step.rule = by_name[token.rule];
    if (token.op == Op::local_tests_only)
      step = {Op::number, no_rule, local_tests_only ? 1.0 : 0.0};
    steps_.push_back(step);
    is_sound = is_sound && depth >= operands(token.op);
    depth = depth + 1 - operands(token.op);
  }
  if (!is_sound || depth != 1) {
    steps_.resize(first);
    steps_.push_back({Op::number, no_rule, 0});
  }
  meta_of_rule_[index] = static_cast<std::uint32_t>(metas_.size());
  metas_.push_back({index, is_active[index], false, is_active[index] && !rule.is_subrule(), first,
                    static_cast<std::uint32_t>(steps_.size())});
}

std::span<const Metas::Step> Metas::steps(const Meta& meta) const {
  return std::span(steps_).subspan(meta.first_token, meta.last_token - meta.first_token);
}

// Those that need themselves, and those that need such ones, come last and become 0.
void Metas::sort_by_dependency() {
  std::vector<std::size_t> missing(metas_.size());
  std::vector<std::vector<std::size_t>> users(metas_.size());
  for (std::size_t i = 0; i < metas_.size(); ++i) {
    for (const Step& step : steps(metas_[i])) {
      if (step.op != Op::rule || step.rule == no_rule) continue;
      if (meta_of_rule_[step.rule] == no_rule) continue;
      users[meta_of_rule_[step.rule]].push_back(i);
      ++missing[i];
    }
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < metas_.size(); ++i) {
    if (missing[i] == 0) order.push_back(i);
  }
  for (std::size_t next = 0; next < order.size(); ++next) {
    for (const std::size_t user : users[order[next]]) {
      if (--missing[user] == 0) order.push_back(user);
    }
  }
  std::vector<Meta> sorted;
  for (const std::size_t i : order) sorted.push_back(metas_[i]);
  for (std::size_t i = 0; i < metas_.size(); ++i) {
    if (missing[i] == 0) continue;
    cycles_.push_back(metas_[i].rule);
    Meta zero = metas_[i];
    zero.first_token = static_cast<std::uint32_t>(steps_.size());
    steps_.push_back({Op::number, no_rule, 0});
    zero.last_token = static_cast<std::uint32_t>(steps_.size());
    sorted.push_back(zero);
  }
  metas_ = std::move(sorted);
  for (std::size_t i = 0; i < metas_.size(); ++i) {
    meta_of_rule_[metas_[i].rule] = static_cast<std::uint32_t>(i);
  }
}

void Metas::find_early(const std::vector<bool>& runs) {
  for (Meta& meta : metas_) {
    meta.is_early = true;
    for (const Step& step : steps(meta)) {
      if (step.op != Op::rule) continue;
      const bool is_known = step.rule != no_rule;
      const bool is_meta = is_known && meta_of_rule_[step.rule] != no_rule;
      const bool is_early =
          is_meta ? metas_[meta_of_rule_[step.rule]].is_early : is_known && runs[step.rule];
      meta.is_early = meta.is_early && is_early;
    }
  }
}

// From those with score 0 down to all that they need; users come after what they use.
void Metas::find_delicate(std::size_t rules) {
  is_delicate_.assign(rules, false);
  for (auto meta = metas_.rbegin(); meta != metas_.rend(); ++meta) {
    if (meta->is_active && !is_delicate_[meta->rule]) continue;
    for (const Step& step : steps(*meta)) {
      if (step.op == Op::rule && step.rule != no_rule) is_delicate_[step.rule] = true;
    }
  }
}

ValueRange Metas::evaluate(const Meta& meta, const std::vector<ValueRange>& ranges,
                           std::vector<ValueRange>& stack) const {
  stack.clear();
  for (const Step& step : steps(meta)) {
    if (step.op == Op::number) {
      stack.push_back({step.number, step.number});
    } else if (step.op == Op::rule) {
      stack.push_back(step.rule == no_rule ? ValueRange() : ranges[step.rule]);
    } else if (step.op == Op::conditional) {
      const std::size_t at = stack.size() - 3;
      stack[at] = choose(stack[at], stack[at + 1], stack[at + 2]);
      stack.resize(at + 1);
    } else {
      const std::size_t at = stack.size() - operands(step.op);
      stack[at] = apply_operator(step.op, stack[at], stack.back());
      stack.resize(at + 1);
    }
  }
  return stack.back();
}

bool Metas::is_blocked(const Meta& meta, const std::vector<bool>& blocked) const {
  for (const Step& step : steps(meta)) {
    if (step.op == Op::rule && step.rule != no_rule && blocked[step.rule]) return true;
  }
  return false;
}

// A meta of score 0 counts as answered only if it is false and was asked while rules still ran;
// until it is answered, nothing that names it is evaluated.
void Metas::conclude(std::vector<double>& values) const {
  std::vector<ValueRange> ranges;
  ranges.reserve(values.size());
  for (const double value : values) ranges.push_back({value, value});
  std::vector<bool> blocked(values.size());
  std::vector<ValueRange> stack;
  for (const Meta& meta : metas_) {
    blocked[meta.rule] = is_blocked(meta, blocked);
    if (blocked[meta.rule]) continue;
    const double result = evaluate(meta, ranges, stack).least;
    const bool hits = result != 0 && !std::isnan(result);
    if (!meta.is_active) {
      blocked[meta.rule] = hits || !meta.is_early;
    } else if (hits && values[meta.rule] == 0) {
      values[meta.rule] = result > 0 ? result : 1;
      ranges[meta.rule] = {values[meta.rule], values[meta.rule]};
    }
  }
}

std::vector<std::size_t> Metas::undecided(std::vector<ValueRange>& ranges) const {
  std::vector<ValueRange> stack;
  for (const Meta& meta : metas_) {
    if (!meta.is_active) continue;  // what it needs is never lazy
    const ValueRange result = evaluate(meta, ranges, stack);
    // A result below zero counts as 1.
    ranges[meta.rule] = result.least < 0 ? ValueRange{0, std::max(1.0, result.most)} : result;
  }
  std::vector<bool> is_wanted(ranges.size());
  std::vector<std::size_t> found;
  for (auto meta = metas_.rbegin(); meta != metas_.rend(); ++meta) {
    const ValueRange range = ranges[meta->rule];
    const bool matters = (meta->counts && !range.is_true()) || is_wanted[meta->rule];
    if (!matters || range.is_point()) continue;
    for (const Step& step : steps(*meta)) {
      if (step.op != Op::rule || step.rule == no_rule || ranges[step.rule].is_point()) continue;
      if (is_wanted[step.rule]) continue;
      is_wanted[step.rule] = true;
      if (meta_of_rule_[step.rule] == no_rule) found.push_back(step.rule);
    }
  }
  return found;
}

}  // namespace postern::antispam
