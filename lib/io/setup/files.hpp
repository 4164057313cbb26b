// Files of the system's configuration: read, replaced whole, removed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::io {

inline constexpr std::size_t max_system_file = 4 * 1024 * 1024;  ///< Bytes of one.

/// \return Nothing where there is none; an error for what is no plain file (a symbolic link is
///         somebody else's way to manage it), and for what cannot be read.
[[nodiscard]] Expected<std::optional<std::string>, std::string> read_system_file(
    const std::string& path, std::size_t max_size = max_system_file);

/// Replaces a file so that a reader, and whoever comes after a crash, sees the old content or the
/// new. Mode and owner stay; a new file is root's.
/// \param mode  Of a new file.
[[nodiscard]] Expected<void, std::string> write_system_file(const std::string& path,
                                                            const std::string& content,
                                                            unsigned mode = 0644);

/// Removes what a run that was killed while it wrote this file has left beside it.
void remove_leftover(const std::string& path);

/// Removes a file; that there is none is no error.
[[nodiscard]] Expected<void, std::string> remove_system_file(const std::string& path);

/// Makes a directory and those above it, as "mkdir -p". \return Those that were made.
[[nodiscard]] Expected<std::vector<std::string>, std::string> make_directories(
    const std::string& path);

}  // namespace postern::io
