// Letters, marks, digits, and what else Perl takes for a part of a word.
#pragma once

namespace postern::antispam {

/// \w beyond US-ASCII, in a character string.
[[nodiscard]] bool is_wide_word_character(char32_t c);

}  // namespace postern::antispam
