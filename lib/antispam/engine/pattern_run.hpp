// Pattern rules over one message.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "lib/antispam/engine/captures.hpp"
#include "lib/antispam/engine/pattern_rules.hpp"
#include "lib/antispam/engine/rule_texts.hpp"

namespace postern::antispam {

struct MimeNode;

/// Asks the message for a text when the first rule wants it, once. Borrows all.
class PatternRun {
 public:
  PatternRun(const PatternRules& rules, RuleTexts& texts, Deadline& deadline);

  /// How often the rule hits. Not for mimeheader rules.
  [[nodiscard]] MatchCount run(const PatternRule& rule);
  /// A mimeheader rule over all parts, depth first.
  [[nodiscard]] MatchCount run(const PatternRule& rule, std::span<const MimeNode* const> parts);
  /// Asks for the body anew when a rule wants it next: evals have changed it.
  void forget_body() { lines_[static_cast<std::size_t>(TextKind::body)].reset(); }
  /// Whether running it takes no more than a look at what the prefilter found.
  [[nodiscard]] bool is_ruled_out(const PatternRule& rule);

 private:
  struct Text {
    std::span<const std::string_view> lines;
    FirstLines first_lines;
  };

  MatchCount count(const PatternRule& rule, std::span<const std::string_view> lines);
  MatchCount run_header(const PatternRule& rule);
  MatchCount run_text(const PatternRule& rule);
  const Text& text(TextKind kind);
  std::optional<std::string_view> header(std::size_t index);

  const PatternRules& rules_;
  RuleTexts& texts_;
  Deadline& deadline_;
  CaptureTags tags_;
  std::array<std::optional<Text>, 4> lines_;
  std::vector<std::optional<std::optional<std::string_view>>> headers_;
};

}  // namespace postern::antispam
