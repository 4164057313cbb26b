// Which charset names of mail are handed to iconv, and as what.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::io {

struct KnownCharset {
  std::string_view iconv_name;  ///< A literal; ends with NUL behind its last character.
  std::size_t unit = 1;         ///< Octets to skip where something cannot be read.
};

/// The row for a name in any case, or nothing.
[[nodiscard]] std::optional<KnownCharset> find_charset(std::string_view name);

}  // namespace postern::io
