// A plan as text that can be pasted into a zone file (RFC 1035 §5.1).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/records/plan.hpp"

namespace postern::records {

inline constexpr std::chrono::seconds zone_ttl{3600};

/// Octets as quoted character-strings (RFC 1035 §3.3) of at most 255 octets, one space between
/// them. \param text  Any octets; those that are not printable are written as \DDD.
[[nodiscard]] std::string quote_strings(std::string_view text);

/// One record on one line, names absolute, without line end.
[[nodiscard]] std::string format(const Record& record);

/// The whole plan: records as they are, everything else as comments.
[[nodiscard]] std::string format_zone(const Plan& plan);

}  // namespace postern::records
