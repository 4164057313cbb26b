// A record in one line of text, "version name=value name=value", as programs of ours tell each
// other.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern {

/// A name that a record can have.
struct ValueName {
  std::string_view name;
  std::string_view missing = {};  ///< What is wrong without it; empty: it is not needed.
};

struct RecordForm {
  std::string_view version;        ///< The first word.
  std::string_view wrong_version;  ///< What is wrong with another.
  std::span<const ValueName> names;
  std::size_t max_size = 0;  ///< Octets of the line.
};
inline constexpr std::size_t max_value_names = 16;  ///< Of one form.

/// Reads the words of a line, with or without a line end, each name once and in any order. Names
/// that the form does not have are passed over, so that later writers can say more.
/// \param read  `read(i, value)` reads a value of names[i], and returns a literal that says what is
///              wrong with it, or nothing.
template <typename Read>
[[nodiscard]] Parsed<void> read_named_values(std::string_view line, const RecordForm& form,
                                             Read read);

/// Any text as a value: %XX stands for blanks, "%", controls, and octets beyond ASCII.
[[nodiscard]] std::string escape_value(std::string_view text);
/// \return False for what escape_value() does not write, an empty text, and one over `max_size`.
[[nodiscard]] bool unescape_value(std::string_view value, std::size_t max_size, std::string& text);

/// Reads a number in decimal digits. \return False for anything else, and beyond `max`.
[[nodiscard]] bool read_number(std::string_view value, std::int64_t max, std::int64_t& number);

inline constexpr std::int64_t max_time_ms = 253'402'300'799'999;  ///< The end of the year 9999.

namespace detail {

/// The next word; `rest` then begins behind the blank.
[[nodiscard]] std::string_view take_word(std::string_view& rest);
/// The place of a name in a form, or names.size().
[[nodiscard]] std::size_t place_of(std::string_view name, std::span<const ValueName> names);

}  // namespace detail

template <typename Read>
Parsed<void> read_named_values(std::string_view line, const RecordForm& form, Read read) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.size() > form.max_size) return parse_error(form.max_size, "is too long");
  std::string_view rest = line;
  if (detail::take_word(rest) != form.version) return parse_error(0, form.wrong_version);
  std::bitset<max_value_names> seen;
  while (!rest.empty()) {
    const std::size_t offset = line.size() - rest.size();
    const std::string_view word = detail::take_word(rest);
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (equals == word.npos) return parse_error(offset, "is no name=value");
    const std::size_t place = detail::place_of(word.substr(0, equals), form.names);
    if (place == form.names.size()) continue;
    if (seen[place]) return parse_error(offset, "is given twice");
    seen.set(place);
    const std::string_view problem = read(place, word.substr(equals + 1));
    if (!problem.empty()) return parse_error(offset + equals + 1, problem);
  }
  for (std::size_t i = 0; i < form.names.size(); ++i) {
    const std::string_view missing = form.names[i].missing;
    if (!missing.empty() && !seen[i]) return parse_error(line.size(), missing);
  }
  return {};
}

}  // namespace postern
