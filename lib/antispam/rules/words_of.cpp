#include "lib/antispam/rules/words_of.hpp"

#include <charconv>

namespace postern::antispam {
namespace {

constexpr std::size_t max_quoted_size = 80;  // octets of the text

}  // namespace

std::optional<double> decimal(std::string_view text, std::string_view signs, bool bare_dot) {
  bool is_negative = false;
  if (!text.empty() && signs.find(text.front()) != signs.npos) {
    is_negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t dot = text.find('.');
  if (!are_digits(text.substr(0, dot))) return std::nullopt;
  if (dot != text.npos) {
    const std::string_view fraction = text.substr(dot + 1);
    if (!are_digits(fraction) && !(bare_dot && fraction.empty())) return std::nullopt;
  }
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return is_negative ? -value : value;
}

std::string in_quotes(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, max_quoted_size)) {
    if (c == '"' || c == '\\') out += '\\';
    if (ascii::is_printable(c)) {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      ((out += "\\x") += hex[octet >> 4]) += hex[octet & 15];
    }
  }
  if (text.size() > max_quoted_size) out += "…";
  return out += '"';
}

}  // namespace postern::antispam
