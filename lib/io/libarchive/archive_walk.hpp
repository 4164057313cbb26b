// Walks through an archive to its end, to learn whether one can: a second opinion on what a scanner
// of viruses called clean.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "lib/io/libarchive/archive_kind.hpp"

namespace postern::io {

struct ArchiveLimits {
  std::uint64_t octets = 0;      ///< Unpacked, of all entries.
  std::uint64_t entry_size = 0;  ///< Unpacked, of one entry.
  std::uint32_t entries = 0;
  std::chrono::milliseconds time{};
};

enum class ArchiveState {
  whole,
  stopped,      ///< As `take` asked.
  encrypted,    ///< Some of it; the rest has been walked through.
  unsupported,  ///< Some of it is packed in a way that is not known here.
  damaged,
  over_limit,
};

/// Takes the content of an entry. \param is_foreign  libclamav does not unpack it itself.
/// \return Whether to go on.
using TakeEntry = std::function<bool(std::string_view content, bool is_foreign)>;

/// Reads all that an archive says is in it, and keeps nothing.
/// \param octets  Of that kind (find_archive_kind).
/// \param take    Gets the content of each entry that has some.
[[nodiscard]] ArchiveState walk_archive(std::string_view octets, ArchiveKind kind,
                                        const ArchiveLimits& limits, const TakeEntry& take);

}  // namespace postern::io
