// The header of a gzip member (RFC 1952).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::archive {

struct GzipHeader {
  std::string_view name;  ///< Of the file that was packed; any octets, empty if not given.
  std::size_t size = 0;   ///< Octets of the header; the deflated data follows.
};

inline constexpr std::size_t gzip_trailer_size = 8;  ///< CRC and size (RFC 1952 §2.3).

/// The header the text begins with; nothing if it is none, or does not end.
[[nodiscard]] std::optional<GzipHeader> read_gzip_header(std::string_view text);

}  // namespace postern::archive
