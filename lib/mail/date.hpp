// Date and time of Date and Received fields (RFC 5322 §3.3 and §4.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::mail {

/// A point in time and how it was written.
struct DateTime {
  std::int64_t epoch_seconds = 0;  ///< Since 1970-01-01 00:00:00 UTC.
  int utc_offset = 0;  ///< Seconds east of UTC; 0 too if the zone says nothing ("-0000").

  bool operator==(const DateTime&) const = default;
};

/// Reads a date of the years 1900 to 9999. Comments, a wrong day of the week, years of two or
/// three digits, and the zones of RFC 5322 §4.3 are read; an unknown or missing zone is UTC.
///
/// \param text  From any sender; at most max_date_size octets are read.
[[nodiscard]] Parsed<DateTime> parse_date(std::string_view text);

inline constexpr std::size_t max_date_size = 512;

}  // namespace postern::mail
