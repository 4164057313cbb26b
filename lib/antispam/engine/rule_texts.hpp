// What patterns are matched with: the texts of one message.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lib/antispam/rules/rule.hpp"

namespace postern::antispam {

/// In octets, as patterns see them. What it gives stays valid as long as the object.
class RuleTexts {
 public:
  RuleTexts() = default;
  RuleTexts(const RuleTexts&) = delete;
  RuleTexts& operator=(const RuleTexts&) = delete;
  virtual ~RuleTexts() = default;

  /// All instances of a field, as header rules see them. Nothing: no such field.
  [[nodiscard]] virtual std::optional<std::string_view> header(const HeaderKey& key) = 0;
  /// Each is matched by itself. `full` is one text.
  [[nodiscard]] virtual std::span<const std::string_view> lines(TextKind kind) = 0;
};

}  // namespace postern::antispam
