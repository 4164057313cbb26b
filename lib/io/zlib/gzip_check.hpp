// Whether a gzip file is what its own checksums say (RFC 1952).
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace postern::io {

enum class GzipState { sound, damaged, over_limit };

/// Unpacks all members, and keeps nothing. What follows them and is no member is passed over, as
/// gzip(1) does.
/// \param max_size  Octets unpacked.
/// \param time      After which it is over_limit, too.
[[nodiscard]] GzipState check_gzip(std::string_view octets, std::uint64_t max_size,
                                   std::chrono::milliseconds time);

}  // namespace postern::io
