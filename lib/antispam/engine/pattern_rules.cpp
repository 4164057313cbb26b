#include "lib/antispam/engine/pattern_rules.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/antispam/engine/literal_prefilter.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

PatternRule::Source source_of(TextKind kind) {
  switch (kind) {
    case TextKind::body: return PatternRule::Source::body;
    case TextKind::rawbody: return PatternRule::Source::rawbody;
    case TextKind::uri: return PatternRule::Source::uri;
    case TextKind::full: return PatternRule::Source::full;
  }
  return PatternRule::Source::body;
}

}  // namespace

PatternRules::PatternRules(const RuleSet& rules, const RegexCompiler& compiler,
                           const std::vector<bool>& is_wanted, std::vector<RuleWarning>& warnings)
    : compiler_(&compiler), by_rule_(rules.rules.size(), none) {
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    if (is_wanted[i]) add(i, rules.rules[i], warnings);
  }
  compiled_.clear();
  for (std::size_t i = 0; i < kinds; ++i) {
    prefilters_[i] = std::make_unique<LiteralPrefilter>(patterns_[i]);
  }
}

const PatternRule* PatternRules::find(std::size_t rule) const {
  return by_rule_[rule] == none ? nullptr : &all_[by_rule_[rule]];
}

void PatternRules::add(std::size_t index, const Rule& rule, std::vector<RuleWarning>& warnings) {
  PatternRule row;
  row.rule = index;
  row.flags = {rule.flags.multiple, rule.flags.maxhits};
  row.nosubject = rule.flags.nosubject;
  row.has_captures = rule.has_captures;
  row.uses_captures = rule.uses_captures;
  if (const auto* header = std::get_if<HeaderTest>(&rule.test)) {
    row.test = header;
    row.source = header->of_parts ? PatternRule::Source::parts : PatternRule::Source::header;
    row.pattern = header->pattern;
    if (!header->exists && !compile(row, rule, warnings)) return;
    if (!header->of_parts) row.header = header_index(header->header);
  } else if (const auto* text = std::get_if<TextTest>(&rule.test)) {
    row.source = source_of(text->kind);
    row.pattern = text->pattern;
    if (!compile(row, rule, warnings)) return;
    std::vector<std::string_view>& of_kind = patterns_[static_cast<std::size_t>(text->kind)];
    row.place = of_kind.size();
    // Nothing is known of a pattern that each message fills in.
    of_kind.push_back(row.uses_captures ? std::string_view() : row.pattern);
  } else {
    return;
  }
  by_rule_[index] = all_.size();
  all_.push_back(std::move(row));
}

bool PatternRules::compile(PatternRule& row, const Rule& rule, std::vector<RuleWarning>& warnings) {
  if (row.uses_captures) return true;
  std::shared_ptr<const Regex>& regex = compiled_[row.pattern];
  if (!regex) {
    auto made = compiler_->compile(row.pattern);
    if (!made) {
      warnings.push_back({rule.source, rule.name + ": its pattern is not understood, " +
                                           made.error() + "; it never hits"});
      return false;
    }
    regex = std::move(*made);
  }
  row.regex = regex;
  row.matches_empty = static_cast<bool>(regex->find(""));
  return true;
}

std::size_t PatternRules::header_index(const HeaderKey& key) {
  const auto found = std::find(headers_.begin(), headers_.end(), key);
  if (found != headers_.end()) return static_cast<std::size_t>(found - headers_.begin());
  headers_.push_back(key);
  return headers_.size() - 1;
}

}  // namespace postern::antispam
