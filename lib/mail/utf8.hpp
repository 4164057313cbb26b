// UTF-8 as mail brings it: valid, repaired, or cut (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::mail {

inline constexpr std::string_view replacement_character = "\xef\xbf\xbd";  ///< U+FFFD.

/// One character at the start of a text.
struct Utf8Char {
  char32_t code = 0;     ///< U+FFFD if the octets are no UTF-8.
  std::size_t size = 0;  ///< Octets it takes; at least 1 unless the text is empty.
  bool is_valid = false;
};

/// The first character. No overlong forms, surrogates, or values above U+10FFFF.
[[nodiscard]] Utf8Char first_utf8_char(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// `text` with U+FFFD in place of every octet that is no UTF-8. At most three times as long.
[[nodiscard]] std::string repair_utf8(std::string_view text);

/// Appends a code point below 0x110000 that is no surrogate.
void append_utf8(std::string& text, char32_t code);

/// The longest start of valid UTF-8 `text` that has at most `size` octets and ends with a whole
/// character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t size);

}  // namespace postern::mail
