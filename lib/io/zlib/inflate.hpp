// Unpacking by zlib, for archive::Inflate.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/archive/inflate.hpp"

namespace postern::io {

/// Raw deflate data (RFC 1951). Memory: 40 kB and what comes out. Threads may call it at once.
[[nodiscard]] archive::Inflated inflate(std::string_view packed, std::size_t max_size);

/// A zlib stream (RFC 1950) with its header and checksum, likewise.
[[nodiscard]] archive::Inflated inflate_zlib(std::string_view packed, std::size_t max_size);

}  // namespace postern::io
