// Strings as SpamAssassin's rules see them: Perl has two kinds, and which one it is can decide a
// match.
#pragma once

#include <string>
#include <string_view>

namespace postern::antispam {

/// A byte string, or a character string kept in UTF-8. Perl's rules for joining the two: the octets
/// of a byte string count as U+0000 to U+00FF.
struct PerlString {
  std::string bytes;
  bool is_characters =
      false;  ///< `bytes` is UTF-8 (perhaps with surrogates or beyond U+10FFFF: never).

  bool operator==(const PerlString&) const = default;
};

/// Octets 0x80 to 0xFF as the characters U+0080 to U+00FF, in UTF-8 (Perl: utf8::upgrade).
[[nodiscard]] std::string upgraded(std::string_view bytes);

/// Adds `tail`; when either is a character string, so is what comes out.
void append(PerlString& text, const PerlString& tail);

}  // namespace postern::antispam
