// Comments, quoted strings, and lines: what the grammars of header fields have in common.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::mail {

/// Where a construct ended.
struct Skipped {
  std::size_t end = 0;    ///< Offset of the first octet after it.
  bool is_closed = true;  ///< False if the text ended first; `end` is then its size.
};

/// Skips the comment that begins at text[at] == '('. Comments nest; this counts (RFC 5322 §3.2.2).
[[nodiscard]] Skipped skip_comment(std::string_view text, std::size_t at);

/// Skips comments, white space, and line ends from text[at] on.
[[nodiscard]] Skipped skip_cfws(std::string_view text, std::size_t at);

/// Skips the quoted-string that begins at text[at] == '"' (RFC 5322 §3.2.4).
[[nodiscard]] Skipped skip_quoted_string(std::string_view text, std::size_t at);

/// What a quoted-string or comment means: `inside` is the text between its delimiters. Quoted-pairs
/// lose the backslash, folding its line end.
[[nodiscard]] std::string unquote(std::string_view inside);

/// One line of a text.
struct Line {
  std::string_view content;  ///< Without line end.
  std::size_t next = 0;      ///< Offset of the next line, or the size of the text.
};

/// The line that begins at `at` < text.size(). It ends with LF or CRLF; CR alone is data.
[[nodiscard]] Line line_at(std::string_view text, std::size_t at);

}  // namespace postern::mail
