// How a stretch of HTML text looks, as far as it decides whether people can see it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/html/tokenizer.hpp"

namespace postern::antispam {

struct TextStyle {
  std::string tag = "default";
  std::string color = "#000000";       ///< Or "invalid".
  std::string background = "#ffffff";  ///< Or "invalid".
  double size = 3;
  bool is_displayed = true;  ///< CSS: not "display: none".
  bool is_visible = true;    ///< CSS: not "visibility: hidden".
};

/// Elements inside one another that change the style; what is beyond does not count.
constexpr std::size_t max_style_depth = 10'000;

/// Why text cannot be seen.
enum class Invisible { no, low_contrast, invalid_color, small, hidden };

class StyleStack {
 public:
  /// Whether the tag changes the style of text.
  [[nodiscard]] static bool is_styling(std::string_view tag);

  /// False: SpamAssassin's parser breaks off here.
  [[nodiscard]] bool open(std::string_view tag, const HtmlAttributes& attributes);
  void close(std::string_view tag);
  [[nodiscard]] Invisible visibility() const;
  [[nodiscard]] double min_size() const { return min_size_; }
  [[nodiscard]] double max_size() const { return max_size_; }

 private:
  void close_cells(std::string_view tag);
  [[nodiscard]] bool holds(std::string_view tag) const;
  void push(TextStyle style);
  void pop();
  [[nodiscard]] bool apply(TextStyle& style, const HtmlAttribute& attribute);
  void apply_size(TextStyle& style, std::string_view value) const;
  [[nodiscard]] bool apply_css(TextStyle& style, std::string_view css) const;

  std::vector<TextStyle> styles_ = {TextStyle()};
  std::vector<std::pair<std::string, std::size_t>> open_tags_;  // how many of each
  double base_size_ = 3;
  double min_size_ = 3, max_size_ = 3;
};

/// What CSS declarations change.
/// \return False where SpamAssassin's parser dies of it: "background:" and nothing but spaces.
[[nodiscard]] bool apply_declarations(TextStyle& style, std::string_view css);

}  // namespace postern::antispam
