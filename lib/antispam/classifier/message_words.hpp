// Words of a text, hashed, with what they look like when digits say nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::antispam {

/// Octets; of longer words only the start and about how long they are counts.
inline constexpr std::size_t max_word_size = 24;

struct HashedWord {
  std::string_view text;     ///< Borrows from the text.
  std::uint64_t hash = 0;    ///< In small letters.
  std::uint64_t masked = 0;  ///< With every digit as 9; `hash` where there is none.
  [[nodiscard]] bool has_digits() const { return masked != hash; }
};

/// Adds the words of `text` to `words` until there are `max_words`. Words are runs of letters,
/// digits, octets beyond ASCII, and "'$!-_", without "-'_" at either end.
void append_words(std::vector<HashedWord>& words, std::string_view text, std::size_t max_words);

/// "Re: 2 offers" -> "Aa: 9 a": runs of small letters, capitals, digits, blanks, and octets beyond
/// ASCII become one each.
[[nodiscard]] std::string shape_of(std::string_view text, std::size_t max_size = 40);

}  // namespace postern::antispam
