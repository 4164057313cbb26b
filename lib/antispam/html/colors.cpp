#include "lib/antispam/html/colors.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <optional>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

struct NamedColor {
  std::string_view name;
  std::uint32_t rgb = 0;
};

// CSS Color Module Level 3 §4.3; ordered.
constexpr NamedColor named[] = {
    {"aliceblue", 0xF0F8FF},
    {"antiquewhite", 0xFAEBD7},
    {"aqua", 0x00FFFF},
    {"aquamarine", 0x7FFFD4},
    {"azure", 0xF0FFFF},
    {"beige", 0xF5F5DC},
    {"bisque", 0xFFE4C4},
    {"black", 0x000000},
    {"blanchedalmond", 0xFFEBCD},
    {"blue", 0x0000FF},
    {"blueviolet", 0x8A2BE2},
    {"brown", 0xA52A2A},
    {"burlywood", 0xDEB887},
    {"cadetblue", 0x5F9EA0},
    {"chartreuse", 0x7FFF00},
    {"chocolate", 0xD2691E},
    {"coral", 0xFF7F50},
    {"cornflowerblue", 0x6495ED},
    {"cornsilk", 0xFFF8DC},
    {"crimson", 0xDC143C},
    {"cyan", 0x00FFFF},
    {"darkblue", 0x00008B},
    {"darkcyan", 0x008B8B},
    {"darkgoldenrod", 0xB8860B},
    {"darkgray", 0xA9A9A9},
    {"darkgreen", 0x006400},
    {"darkgrey", 0xA9A9A9},
    {"darkkhaki", 0xBDB76B},
    {"darkmagenta", 0x8B008B},
    {"darkolivegreen", 0x556B2F},
    {"darkorange", 0xFF8C00},
    {"darkorchid", 0x9932CC},
    {"darkred", 0x8B0000},
    {"darksalmon", 0xE9967A},
    {"darkseagreen", 0x8FBC8F},
    {"darkslateblue", 0x483D8B},
    {"darkslategray", 0x2F4F4F},
    {"darkslategrey", 0x2F4F4F},
    {"darkturquoise", 0x00CED1},
    {"darkviolet", 0x9400D3},
    {"deeppink", 0xFF1493},
    {"deepskyblue", 0x00BFFF},
    {"dimgray", 0x696969},
    {"dimgrey", 0x696969},
    {"dodgerblue", 0x1E90FF},
    {"firebrick", 0xB22222},
    {"floralwhite", 0xFFFAF0},
    {"forestgreen", 0x228B22},
    {"fuchsia", 0xFF00FF},
    {"gainsboro", 0xDCDCDC},
    {"ghostwhite", 0xF8F8FF},
    {"gold", 0xFFD700},
    {"goldenrod", 0xDAA520},
    {"gray", 0x808080},
    {"green", 0x008000},
    {"greenyellow", 0xADFF2F},
    {"grey", 0x808080},
    {"honeydew", 0xF0FFF0},
    {"hotpink", 0xFF69B4},
    {"indianred", 0xCD5C5C},
    {"indigo", 0x4B0082},
    {"ivory", 0xFFFFF0},
    {"khaki", 0xF0E68C},
    {"lavender", 0xE6E6FA},
    {"lavenderblush", 0xFFF0F5},
    {"lawngreen", 0x7CFC00},
    {"lemonchiffon", 0xFFFACD},
    {"lightblue", 0xADD8E6},
    {"lightcoral", 0xF08080},
    {"lightcyan", 0xE0FFFF},
    {"lightgoldenrodyellow", 0xFAFAD2},
    {"lightgray", 0xD3D3D3},
    {"lightgreen", 0x90EE90},
    {"lightgrey", 0xD3D3D3},
    {"lightpink", 0xFFB6C1},
    {"lightsalmon", 0xFFA07A},
    {"lightseagreen", 0x20B2AA},
    {"lightskyblue", 0x87CEFA},
    {"lightslategray", 0x778899},
    {"lightslategrey", 0x778899},
    {"lightsteelblue", 0xB0C4DE},
    {"lightyellow", 0xFFFFE0},
    {"lime", 0x00FF00},
    {"limegreen", 0x32CD32},
    {"linen", 0xFAF0E6},
    {"magenta", 0xFF00FF},
    {"maroon", 0x800000},
    {"mediumaquamarine", 0x66CDAA},
    {"mediumblue", 0x0000CD},
    {"mediumorchid", 0xBA55D3},
    {"mediumpurple", 0x9370DB},
    {"mediumseagreen", 0x3CB371},
    {"mediumslateblue", 0x7B68EE},
    {"mediumspringgreen", 0x00FA9A},
    {"mediumturquoise", 0x48D1CC},
    {"mediumvioletred", 0xC71585},
    {"midnightblue", 0x191970},
    {"mintcream", 0xF5FFFA},
    {"mistyrose", 0xFFE4E1},
    {"moccasin", 0xFFE4B5},
    {"navajowhite", 0xFFDEAD},
    {"navy", 0x000080},
    {"oldlace", 0xFDF5E6},
    {"olive", 0x808000},
    {"olivedrab", 0x6B8E23},
    {"orange", 0xFFA500},
    {"orangered", 0xFF4500},
    {"orchid", 0xDA70D6},
    {"palegoldenrod", 0xEEE8AA},
    {"palegreen", 0x98FB98},
    {"paleturquoise", 0xAFEEEE},
    {"palevioletred", 0xDB7093},
    {"papayawhip", 0xFFEFD5},
    {"peachpuff", 0xFFDAB9},
    {"peru", 0xCD853F},
    {"pink", 0xFFC0CB},
    {"plum", 0xDDA0DD},
    {"powderblue", 0xB0E0E6},
    {"purple", 0x800080},
    {"red", 0xFF0000},
    {"rosybrown", 0xBC8F8F},
    {"royalblue", 0x4169E1},
    {"saddlebrown", 0x8B4513},
    {"salmon", 0xFA8072},
    {"sandybrown", 0xF4A460},
    {"seagreen", 0x2E8B57},
    {"seashell", 0xFFF5EE},
    {"sienna", 0xA0522D},
    {"silver", 0xC0C0C0},
    {"skyblue", 0x87CEEB},
    {"slateblue", 0x6A5ACD},
    {"slategray", 0x708090},
    {"slategrey", 0x708090},
    {"snow", 0xFFFAFA},
    {"springgreen", 0x00FF7F},
    {"steelblue", 0x4682B4},
    {"tan", 0xD2B48C},
    {"teal", 0x008080},
    {"thistle", 0xD8BFD8},
    {"tomato", 0xFF6347},
    {"turquoise", 0x40E0D0},
    {"violet", 0xEE82EE},
    {"wheat", 0xF5DEB3},
    {"white", 0xFFFFFF},
    {"whitesmoke", 0xF5F5F5},
    {"yellow", 0xFFFF00},
    {"yellowgreen", 0x9ACD32},
};

constexpr std::string_view invalid = "invalid";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space_octet(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space_octet(text.back())) text.remove_suffix(1);
  return text;
}

bool is_hex(char c) {
  return ascii::is_digit(c) || (c >= 'a' && c <= 'f');
}

// "rgb(", then digits, "%", ",", and spaces, then ")".
bool has_rgb(std::string_view text) {
  for (std::size_t at = text.find("rgb("); at != text.npos; at = text.find("rgb(", at + 1)) {
    const std::size_t end = text.find_first_not_of("0123456789%, ", at + 4);
    if (end != text.npos && text[end] == ')') return true;
  }
  return false;
}

// Three numbers at `at`, each with "%" if `is_percent`, with commas between and ")" behind.
std::optional<std::array<double, 3>> numbers_at(std::string_view text, std::size_t at,
                                                bool is_percent) {
  std::array<double, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t begin = at;
    for (; at < text.size() && ascii::is_digit(text[at]); ++at) {
      numbers[i] = std::min(numbers[i] * 10 + (text[at] - '0'), 1e15);
    }
    if (at == begin) return std::nullopt;
    if (is_percent && (at >= text.size() || text[at++] != '%')) return std::nullopt;
    if (i == 2) break;
    if (at >= text.size() || text[at++] != ',') return std::nullopt;
    while (at < text.size() && is_space_octet(text[at])) ++at;
  }
  while (at < text.size() && is_space_octet(text[at])) ++at;
  if (at >= text.size() || text[at] != ')') return std::nullopt;
  return numbers;
}

std::string two_digits_or_more(double value) {
  std::array<char, 32> text{};
  const auto number = static_cast<unsigned long long>(value);
  std::snprintf(text.data(), text.size(), number < 16 ? "0%llx" : "%llx", number);
  return text.data();
}

// "rgb(255, 0, 0)" as "#ff0000", wherever it stands; else nothing.
std::optional<std::string> rgb_as_hex(std::string_view text, bool is_percent) {
  for (std::size_t at = text.find("rgb("); at != text.npos; at = text.find("rgb(", at + 1)) {
    const auto numbers = numbers_at(text, at + 4, is_percent);
    if (!numbers) continue;
    std::string hex = "#";
    for (const double number : *numbers) {
      hex += two_digits_or_more(is_percent ? number / 100 * 255 : number);
    }
    return hex;
  }
  return std::nullopt;
}

// Digits behind "#" to six of them.
std::string six_digits(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), is_hex);
  if (digits.size() > 6) digits.resize(6);
  if (digits.size() > 3 && digits.size() < 6) digits.resize(3);
  while (digits.size() % 3 != 0) digits += '0';
  if (digits.size() == 3) {
    std::string doubled;
    for (const char c : digits) doubled.append(2, c);
    digits = doubled;
  }
  return "#" + digits;
}

}  // namespace

std::string color_as_rgb(std::string_view color) {
  std::string name = ascii::to_lower(trimmed(color));
  const auto* const found = std::lower_bound(
      std::begin(named), std::end(named), name,
      [](const NamedColor& each, std::string_view text) { return each.name < text; });
  if (found != std::end(named) && found->name == name) return rgb_text(found->rgb);
  const bool is_bare =
      std::all_of(name.begin(), name.end(), [](char c) { return c == '#' || is_hex(c); });
  if (!is_bare && !has_rgb(name)) return std::string(invalid);
  if (auto hex = rgb_as_hex(name, true)) name = *std::move(hex);
  if (auto hex = rgb_as_hex(name, false)) name = *std::move(hex);
  return name.starts_with('#') ? six_digits(name) : std::string(invalid);
}

std::string rgb_text(std::uint32_t rgb) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "#%06x", rgb & 0xFFFFFF);
  return text.data();
}

}  // namespace postern::antispam
