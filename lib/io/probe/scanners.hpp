// Facts about the scanners for viruses.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/antivirus/settings.hpp"
#include "lib/doctor/facts.hpp"

namespace postern::io {

/// What each says of the EICAR test file, which every set of official signatures knows.
/// \param timeout  For each; all are asked at once.
[[nodiscard]] std::vector<doctor::ScannerFact> probe_scanners(
    std::span<const antivirus::ScannerAddress> scanners, std::chrono::milliseconds timeout);

/// When the newest of the files of a directory, or the file itself, was written, in seconds since
/// the epoch. Nothing if there is none, or it cannot be seen.
[[nodiscard]] std::optional<std::int64_t> last_written(const std::string& path);

}  // namespace postern::io
