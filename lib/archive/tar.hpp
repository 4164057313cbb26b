// The entries of a tar archive: v7, ustar, pax (POSIX.1-2008), and GNU.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/archive/entry.hpp"

namespace postern::archive {

/// Whether the text begins with a header whose checksum is right. Names without "ustar" count, too.
[[nodiscard]] bool is_tar(std::string_view text);

/// All entries. Where a long name precedes a header, both names count, since old readers know only
/// the short one. A header that is none ends the archive.
[[nodiscard]] Directory read_tar(std::string_view text, std::size_t max_entries);

}  // namespace postern::archive
