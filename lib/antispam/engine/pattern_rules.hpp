// The rules of a configuration that match a pattern against texts of the message: header, body,
// rawbody, uri, full, and mimeheader.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/antispam/engine/count_matches.hpp"
#include "lib/antispam/engine/prefilter.hpp"
#include "lib/antispam/rules/rule_set.hpp"
#include "lib/antispam/text/regex.hpp"

namespace postern::antispam {

/// One rule, compiled.
struct PatternRule {
  enum class Source { header, parts, body, rawbody, uri, full };
  std::size_t rule = 0;  ///< Index into RuleSet::rules.
  Source source = Source::body;
  std::size_t header = 0;              ///< Of header rules: index into PatternRules::headers().
  const HeaderTest* test = nullptr;    ///< Of header and mimeheader rules.
  std::size_t place = 0;               ///< Of texts: among the rules of its kind.
  std::shared_ptr<const Regex> regex;  ///< nullptr: exists:, or compiled for each message.
  CountFlags flags;
  bool nosubject = false;
  bool matches_empty = false;  ///< What a missing field is matched as.
  bool has_captures = false;
  bool uses_captures = false;
  std::string_view pattern;  ///< Of the RuleSet.
};

/// Immutable. Borrows the RuleSet.
class PatternRules {
 public:
  /// Compiles the patterns of the rules that `is_wanted`, by rule. What does not compile is left
  /// out, with a warning.
  PatternRules(const RuleSet& rules, const RegexCompiler& compiler,
               const std::vector<bool>& is_wanted, std::vector<RuleWarning>& warnings);

  [[nodiscard]] const std::vector<PatternRule>& all() const { return all_; }
  /// The rule with this index in the RuleSet, or nullptr.
  [[nodiscard]] const PatternRule* find(std::size_t rule) const;
  [[nodiscard]] const std::vector<HeaderKey>& headers() const { return headers_; }
  /// For the rules of a kind, by their `place`.
  [[nodiscard]] const Prefilter& prefilter(TextKind kind) const {
    return *prefilters_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] const RegexCompiler& compiler() const { return *compiler_; }

 private:
  void add(std::size_t index, const Rule& rule, std::vector<RuleWarning>& warnings);
  bool compile(PatternRule& row, const Rule& rule, std::vector<RuleWarning>& warnings);
  std::size_t header_index(const HeaderKey& key);

  const RegexCompiler* compiler_;
  std::vector<PatternRule> all_;
  std::vector<std::size_t> by_rule_;
  std::vector<HeaderKey> headers_;
  std::unordered_map<std::string_view, std::shared_ptr<const Regex>> compiled_;
  static constexpr std::size_t kinds = 4;
  std::array<std::vector<std::string_view>, kinds> patterns_;
  std::array<std::unique_ptr<Prefilter>, kinds> prefilters_;
};

}  // namespace postern::antispam
