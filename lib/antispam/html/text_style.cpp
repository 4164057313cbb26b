#include "lib/antispam/html/text_style.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include "lib/antispam/html/colors.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Attributes that count, by tag.
bool is_read(std::string_view tag, std::string_view name) {
  if (is_one_of(tag, {"font", "basefont"})) return is_one_of(name, {"color", "face", "size"});
  if (tag == "body")
    return is_one_of(name, {"text", "bgcolor", "link", "alink", "vlink", "background"});
  if (tag == "marquee") return is_one_of(name, {"bgcolor", "background"});
  if (is_one_of(tag, {"table", "tr", "td"})) return is_one_of(name, {"bgcolor", "style"});
  return is_one_of(tag, {"span", "p", "div", "a"}) && name == "style";
}

// Digits at `at`, if there are any.
std::optional<double> number_at(std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  double number = 0;
  for (; at < text.size() && ascii::is_digit(text[at]); ++at)
    number = number * 10 + (text[at] - '0');
  return at == begin ? std::nullopt : std::optional(number);
}

std::size_t skip_space(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_space_octet(text[at])) ++at;
  return at;
}

std::string_view last_six(std::string_view text) {
  return text.substr(text.size() < 6 ? 0 : text.size() - 6);
}

using Rgb = std::array<double, 3>;

std::optional<Rgb> read_rgb(std::string_view text) {
  if (text.starts_with('#')) text.remove_prefix(1);
  if (text.size() != 6) return std::nullopt;
  Rgb rgb{};
  for (std::size_t i = 0; i < rgb.size(); ++i) {
    const int high = ascii::hex_value(text[2 * i]);
    const int low = ascii::hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    rgb[i] = high * 16 + low;
  }
  return rgb;
}

// Distance of two colours, weighted by how bright people see each part.
bool are_near(std::string_view color, std::string_view background) {
  constexpr Rgb weights = {0.2126, 0.7152, 0.0722};
  constexpr double least_distance = 12;
  const auto front = read_rgb(color);
  const auto back = read_rgb(background);
  if (!front || !back) return false;
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += std::pow(weights[i] * ((*front)[i] - (*back)[i]), 2);
  }
  return std::sqrt(sum) < least_distance;
}

}  // namespace

bool StyleStack::is_styling(std::string_view tag) {
  return is_one_of(tag, {"body", "font", "table", "tr", "th", "td", "big", "small", "basefont",
                         "marquee", "span", "p", "div", "a"});
}

bool StyleStack::open(std::string_view tag, const HtmlAttributes& attributes) {
  if (tag == "th") tag = "td";
  if (tag == "basefont") {
    const PerlString* const size = attributes.find("size");
    const auto number =
        size == nullptr ? std::nullopt : number_at(size->bytes, skip_space(size->bytes));
    if (number) {
      base_size_ = *number;
      return true;
    }
  }
  if (tag == "td" || tag == "tr") close_cells(tag);
  TextStyle style = styles_.back();
  style.tag = tag;
  if (tag == "big") style.size += 1;
  if (tag == "small") style.size -= 1;
  for (const HtmlAttribute& attribute : attributes.all()) {
    if (!is_read(tag, attribute.name)) continue;
    if (!apply(style, attribute)) return false;
    if (style.size > max_size_) {
      max_size_ = style.size;
    } else if (style.size < min_size_) {
      min_size_ = style.size;
    }
  }
  push(std::move(style));
  return true;
}

bool StyleStack::apply(TextStyle& style, const HtmlAttribute& attribute) {
  const std::string_view value = attribute.value.bytes;
  if (attribute.name == "text" || attribute.name == "color") {
    style.color = color_as_rgb(value);
  } else if (attribute.name == "size") {
    apply_size(style, value);
  } else if (attribute.name == "style") {
    return apply_css(style, value);
  }
  return true;
}

// "+1" and "-1" are relative to the base size.
void StyleStack::apply_size(TextStyle& style, std::string_view value) const {
  value.remove_prefix(skip_space(value));
  const bool is_relative = value.starts_with('+') || value.starts_with('-');
  const auto number = number_at(value, is_relative ? 1 : 0);
  if (!number) return;
  if (!is_relative) {
    style.size = *number;
  } else {
    style.size = value[0] == '+' ? base_size_ + *number : base_size_ - *number;
  }
}

bool StyleStack::apply_css(TextStyle& style, std::string_view css) const {
  if (!apply_declarations(style, css)) return false;
  if (style.background == "transparent") style.background = styles_.back().background;
  if (style.color == "transparent") style.color = style.background;
  return true;
}

void StyleStack::close(std::string_view tag) {
  if (tag == "th") tag = "td";
  if (tag == "body" || !holds(tag)) return;  // browsers show text behind </body>
  while (styles_.back().tag != tag) pop();
  pop();
}

// Cells and rows end where the next one begins.
void StyleStack::close_cells(std::string_view tag) {
  if (!holds(tag)) return;
  while (true) {
    const std::string_view top = styles_.back().tag;
    const bool is_closed = top == "font" || top == "td" || (tag == "tr" && top == "tr");
    if (!is_closed) return;
    pop();
  }
}

bool StyleStack::holds(std::string_view tag) const {
  return std::any_of(open_tags_.begin(), open_tags_.end(),
                     [tag](const auto& each) { return each.first == tag && each.second > 0; });
}

void StyleStack::push(TextStyle style) {
  if (styles_.size() >= max_style_depth) return;
  const auto known = std::find_if(open_tags_.begin(), open_tags_.end(),
                                  [&](const auto& each) { return each.first == style.tag; });
  if (known == open_tags_.end()) {
    open_tags_.emplace_back(style.tag, 1);
  } else {
    ++known->second;
  }
  styles_.push_back(std::move(style));
}

void StyleStack::pop() {
  for (auto& [tag, count] : open_tags_) {
    if (tag == styles_.back().tag) --count;
  }
  styles_.pop_back();
}

Invisible StyleStack::visibility() const {
  const TextStyle& style = styles_.back();
  if (last_six(style.color) == last_six(style.background)) return Invisible::low_contrast;
  if (are_near(style.color, style.background)) return Invisible::low_contrast;
  if (style.color == "invalid" || style.background == "invalid") return Invisible::invalid_color;
  if (style.size <= 1) return Invisible::small;
  return style.is_displayed && style.is_visible ? Invisible::no : Invisible::hidden;
}

}  // namespace postern::antispam
