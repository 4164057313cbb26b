// How octets are unpacked; the library that does it lies behind a pointer (lib/io/zlib).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::archive {

struct Inflated {
  enum class End {
    whole,      ///< The packed data says that it ends here.
    full,       ///< There is more than `max_size`.
    truncated,  ///< The packed data ends too early.
    corrupt,    ///< It is no packed data from some octet on.
  };
  std::string content;       ///< What could be unpacked; at most `max_size` octets.
  std::size_t consumed = 0;  ///< Octets of the packed data that were read.
  End end = End::whole;
};

/// Unpacks raw deflate data (RFC 1951). Reads no more than is needed for `max_size` octets.
using Inflate = Inflated (*)(std::string_view packed, std::size_t max_size);

}  // namespace postern::archive
