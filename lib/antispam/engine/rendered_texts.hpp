// The texts of a RenderedMessage, for patterns.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/antispam/engine/rule_texts.hpp"
#include "lib/antispam/message/rendered_message.hpp"

namespace postern::antispam {

/// Borrows the message.
class RenderedTexts final : public RuleTexts {
 public:
  explicit RenderedTexts(RenderedMessage& message) : message_(message) {}

  [[nodiscard]] std::optional<std::string_view> header(const HeaderKey& key) override;
  [[nodiscard]] std::span<const std::string_view> lines(TextKind kind) override;
  /// Makes the lines of the body anew when they are asked for next.
  void forget_body() { lines_[static_cast<std::size_t>(TextKind::body)].reset(); }

 private:
  [[nodiscard]] std::vector<std::string_view> make(TextKind kind);

  RenderedMessage& message_;
  std::array<std::optional<std::vector<std::string_view>>, 4> lines_;
};

}  // namespace postern::antispam
