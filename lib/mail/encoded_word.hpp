// Encoded-words: text beyond ASCII in header fields (RFC 2047).
#pragma once

#include <string>
#include <string_view>

#include "lib/mail/charset.hpp"
#include "lib/mail/limits.hpp"

namespace postern::mail {

/// Text that a sender wrote, ready to be shown on one line.
struct DecodedText {
  std::string text;  ///< Valid UTF-8 without CR, LF, NUL, or other control characters but tab.
  LimitsHit limits;  ///< Limit::decoded_text when the end is missing.
};

/// Unfolds a field body or display name and decodes its encoded-words. White space between two
/// of them is dropped, and a character may be split between two of the same charset (RFC 2047
/// §6.2; the latter against §5, but common). What is no complete encoded-word stays literal;
/// what comes out is not decoded again. Linear.
///
/// \param text  From any sender.
[[nodiscard]] DecodedText decode_encoded_words(std::string_view text,
                                               const CharsetConverter& charsets,
                                               const Limits& limits = {});

}  // namespace postern::mail
