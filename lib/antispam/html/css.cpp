// Declarations of style attributes as SpamAssassin reads them.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/antispam/html/colors.hpp"
#include "lib/antispam/html/text_style.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space_octet(text[at])) ++at;
  return at;
}

std::string_view without_space_behind(std::string_view text) {
  while (!text.empty() && is_space_octet(text.back())) text.remove_suffix(1);
  return text;
}

// The value that begins at `at`; empty: there is none in one line. Blanks alone are one blank.
std::string_view value_at(std::string_view text, std::size_t at) {
  const std::size_t begin = skip_space(text, at);
  if (begin == text.size()) {
    const bool is_blank = begin > at && text[begin - 1] != '\n';
    return is_blank ? text.substr(begin - 1) : std::string_view();
  }
  const std::string_view value = without_space_behind(text.substr(begin));
  return value.find('\n') == value.npos ? value : std::string_view();
}

// "red !important"
std::string_view without_important(std::string_view value) {
  constexpr std::string_view word = "important";
  if (!value.ends_with(word)) return value;
  std::string_view head = without_space_behind(value.substr(0, value.size() - word.size()));
  if (!head.ends_with('!')) return value;
  head.remove_suffix(1);
  return without_space_behind(head);
}

// The first three numbers of "rgb(1, 2, 3)", "rgba(…)" and what looks like them.
std::string rgb_numbers(std::string_view value) {
  std::array<std::uint32_t, 3> numbers{};
  std::size_t index = 0;
  for (const char c : value) {
    if (c == ',') {
      if (++index == numbers.size()) break;
    } else if (ascii::is_digit(c)) {
      numbers[index] = std::min(numbers[index] * 10 + static_cast<std::uint32_t>(c - '0'), 256U);
    }
  }
  std::uint32_t rgb = 0;
  for (const std::uint32_t number : numbers) rgb = rgb << 8 | std::min(number, 255U);
  return rgb_text(rgb);
}

void apply_color(std::string& color, std::string_view written) {
  const std::string lower = ascii::to_lower(written);
  const std::string_view value = without_important(lower);
  if (value.find("rgb") != value.npos) {
    color = rgb_numbers(value);
  } else if (value == "transparent") {
    color = value;
  } else if (value != "inherit") {
    color = color_as_rgb(value);
  }
}

// Values of the last layer of a background.
class BackgroundLayers {
 public:
  explicit BackgroundLayers(std::string_view text) {
    for (const char c : text) read(c);
    end_value();
    if (!values_.empty()) is_any_ = true;
  }

  [[nodiscard]] bool is_any() const { return is_any_; }
  // Where nothing follows the last comma, the layer before it is the last one.
  [[nodiscard]] const std::vector<std::string>& last() const {
    return values_.empty() ? before_ : values_;
  }

 private:
  enum class State { plain, parentheses, double_quoted, single_quoted };

  void read(char c) {
    switch (state_) {
      case State::plain: read_plain(c); return;
      case State::parentheses: read_in_parentheses(c); return;
      case State::double_quoted: read_quoted(c, '"'); return;
      case State::single_quoted: read_quoted(c, '\''); return;
    }
  }

  void read_plain(char c) {
    if (c == ' ') {
      end_value();
    } else if (c == ',') {
      end_value();
      before_ = std::move(values_);
      values_.clear();
      is_any_ = true;
    } else {
      value_ += c;
      open(c, c == '(');
    }
  }

  void read_in_parentheses(char c) {
    value_ += c;
    if (c == ')') {
      values_.push_back(std::move(value_));
      value_.clear();
      state_ = State::plain;
    } else {
      open(c, false);
    }
  }

  void read_quoted(char c, char quote) {
    value_ += c;
    if (c == quote) state_ = outer_;
  }

  void open(char c, bool is_parenthesis) {
    if (!is_parenthesis && c != '"' && c != '\'') return;
    outer_ = state_;
    if (is_parenthesis) {
      state_ = State::parentheses;
    } else {
      state_ = c == '"' ? State::double_quoted : State::single_quoted;
    }
  }

  void end_value() {
    if (!value_.empty()) values_.push_back(std::move(value_));
    value_.clear();
  }

  State state_ = State::plain;
  State outer_ = State::plain;
  std::string value_;
  std::vector<std::string> values_, before_;
  bool is_any_ = false;
};

bool apply_background(TextStyle& style, std::string_view written) {
  const BackgroundLayers layers(ascii::to_lower(written));
  if (!layers.is_any()) return false;
  for (const std::string& value : layers.last()) {
    std::string color = color_as_rgb(value);
    if (color == "invalid") continue;
    style.background = std::move(color);
    break;
  }
  return true;
}

// "display: none" and the like.
void apply_other(TextStyle& style, std::string_view text) {
  const std::size_t begin = skip_space(text, 0);
  std::size_t end = begin;
  while (end < text.size() &&
         (ascii::is_alpha(text[end]) || text[end] == '_' || text[end] == '-')) {
    ++end;
  }
  const std::size_t colon = skip_space(text, end);
  if (end == begin || colon >= text.size() || text[colon] != ':') return;
  const std::size_t value_begin = skip_space(text, colon + 1);
  if (value_begin == text.size()) return;
  const std::string_view value = value_at(text, value_begin);
  if (value.empty()) return;
  const std::string_view name = text.substr(begin, end - begin);
  if (name == "display") style.is_displayed = !ascii::equals_ignoring_case(value, "none");
  if (name == "visibility") style.is_visible = !ascii::equals_ignoring_case(value, "hidden");
}

bool apply_declaration(TextStyle& style, std::string_view text) {
  const std::string_view rest = text.substr(skip_space(text, 0));
  for (const std::string_view name : {"color:", "background-color:"}) {
    if (!ascii::starts_with_ignoring_case(rest, name)) continue;
    const std::string_view value = value_at(rest, name.size());
    if (value.empty()) break;
    apply_color(name == "color:" ? style.color : style.background, value);
    return true;
  }
  constexpr std::string_view background = "background:";
  if (rest.starts_with(background)) {
    const std::string_view value = value_at(rest, background.size());
    if (!value.empty()) return apply_background(style, value);
  }
  apply_other(style, text);
  return true;
}

}  // namespace

bool apply_declarations(TextStyle& style, std::string_view css) {
  while (!css.empty()) {
    const std::size_t end = std::min(css.find(';'), css.size());
    if (!apply_declaration(style, css.substr(0, end))) return false;
    css.remove_prefix(std::min(end + 1, css.size()));
  }
  return true;
}

}  // namespace postern::antispam
