// Character classes of mail grammars. Unlike <cctype>, they do not depend on the locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace postern::ascii {

constexpr bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}
constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
/// White space inside a line: WSP (RFC 5234 §B.1).
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
constexpr bool is_alnum(char c) {
  return is_alpha(c) || is_digit(c);
}
constexpr char to_lower(char c) {
  const bool is_upper = static_cast<unsigned char>(c - 'A') < 26;
  return static_cast<char>(c | (is_upper ? 0x20 : 0));  // a choice of numbers: no branch
}

inline std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

/// `text` without blanks, CR, and LF at either end.
constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// "token" characters: printable, and neither space nor tspecials (RFC 2045 §5.1).
constexpr bool is_token_char(char c) {
  constexpr std::string_view tspecials = "()<>@,;:\\\"/[]?=";
  return is_printable(c) && c != ' ' && tspecials.find(c) == tspecials.npos;
}

constexpr bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

}  // namespace postern::ascii
