// Text of configuration lines in words, as Perl's \s, \w, and \b take octets.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/ascii.hpp"

namespace postern::antispam {

/// \s
constexpr bool is_perl_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
/// \w
constexpr bool is_word_char(char c) {
  return ascii::is_alnum(c) || c == '_';
}

constexpr std::string_view trim_start(std::string_view text) {
  while (!text.empty() && is_perl_space(text.front())) text.remove_prefix(1);
  return text;
}
constexpr std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_perl_space(text.back())) text.remove_suffix(1);
  return text;
}
constexpr std::string_view trimmed(std::string_view text) {
  return trim_end(trim_start(text));
}

/// The first word and, without the white space between, what follows it. `text` is trimmed.
constexpr std::pair<std::string_view, std::string_view> first_word(std::string_view text) {
  const auto* end = std::find_if(text.begin(), text.end(), is_perl_space);
  const auto size = static_cast<std::size_t>(end - text.begin());
  return {text.substr(0, size), trim_start(text.substr(size))};
}

/// All words. Views borrow.
inline std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = trimmed(text); !text.empty();) {
    const auto [word, rest] = first_word(text);
    words.push_back(word);
    text = rest;
  }
  return words;
}

/// Where /\bWORD\b/ matches first, or npos.
constexpr std::size_t find_whole_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word_char(text[at - 1])) &&
        (end == text.size() || !is_word_char(text[end]))) {
      return at;
    }
  }
  return text.npos;
}

constexpr bool are_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), ascii::is_digit);
}

/// 1 to 128 letters, digits, and "_"; no digit first.
constexpr bool is_rule_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && !ascii::is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), is_word_char);
}

/// A decimal number without exponent: an optional sign out of `signs`, digits, perhaps a fraction.
/// \param bare_dot  Whether "5." is one.
[[nodiscard]] std::optional<double> decimal(std::string_view text, std::string_view signs,
                                            bool bare_dot);

/// For a warning: in quotes, cut to a bounded length, other octets than printable ASCII as \xHH.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace postern::antispam
