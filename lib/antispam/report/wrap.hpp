// Lines of at most so many columns, broken where SpamAssassin breaks them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::antispam {

/// Where a line may be broken.
enum class BreakAt {
  white_space,           ///< At each white space character.
  after_space_or_comma,  ///< Behind each white space character or comma.
};

struct WrapStyle {
  std::string_view prefix;    ///< Of every line but the first.
  std::string_view first;     ///< Of the first line.
  std::size_t width = 77;     ///< Columns; a tab counts as eight.
  bool may_overflow = false;  ///< A line is ended after it has grown beyond `width`, not before.
  BreakAt break_at = BreakAt::white_space;
  bool is_utf8 = false;  ///< Columns are characters of UTF-8, else octets.
};

/// The text in lines, joined by LF (Mail::SpamAssassin::Util::wrap). White space before a break
/// goes.
[[nodiscard]] std::string wrap(std::string_view text, const WrapStyle& style);

}  // namespace postern::antispam
