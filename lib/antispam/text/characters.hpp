// Classes of characters and UTF-8 as Perl's regular expressions take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::antispam {

/// \s of byte strings.
constexpr bool is_space_octet(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
/// \w of byte strings.
constexpr bool is_word_octet(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
constexpr bool is_ascii_octet(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}
/// Not the first octet of a character in UTF-8.
constexpr bool is_continuation_octet(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Octets of the white space (Unicode's White_Space) that `text` begins with in UTF-8, or 0.
[[nodiscard]] std::size_t leading_space(std::string_view text);

/// Characters of well-formed UTF-8.
[[nodiscard]] std::size_t count_characters(std::string_view text);

/// Octets that the first `characters` characters have; text.size() where there are fewer.
[[nodiscard]] std::size_t octets_of_characters(std::string_view text, std::size_t characters);

[[nodiscard]] bool is_all_ascii(std::string_view text);

/// Adds a character; surrogates and what lies beyond U+10FFFF become U+FFFD.
void append_utf8(std::string& text, std::uint32_t character);

}  // namespace postern::antispam
