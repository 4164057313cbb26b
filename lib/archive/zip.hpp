// The directory of a ZIP archive (PKWARE APPNOTE 6.3), read as every reader may read it.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/archive/entry.hpp"

namespace postern::archive {

/// Whether the text begins as a zip, or ends as one behind other octets: a self-extracting archive.
[[nodiscard]] bool is_zip(std::string_view text);

/// All entries that some reader finds: those of the central directory, and those that only have a
/// local header, as in a stream that was cut. Names and sizes that contradict are a defect, and
/// each name counts. Time is linear in the size of the text.
[[nodiscard]] Directory read_zip(std::string_view text, std::size_t max_entries);

}  // namespace postern::archive
