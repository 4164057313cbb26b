// The configuration as it lies on disk: one file and its drop-ins.
#pragma once

#include <string>

#include "lib/config/document.hpp"

namespace postern::io {

inline constexpr const char* default_config_file = "/etc/postern/postern.toml";
inline constexpr std::size_t max_config_size = 1024 * 1024;  ///< Bytes of one file.

/// Reads FILE and then, in the order of their names, all *.toml in the folder beside it that has
/// its name with ".d" for ".toml". A parameter given later replaces the one given earlier.
[[nodiscard]] Expected<config::Document, config::ConfigError> load_config_files(
    const std::string& file);

/// The whole content of a file, or why it cannot be read.
[[nodiscard]] Expected<std::string, std::string> read_file(const std::string& file,
                                                           std::size_t max_size);

}  // namespace postern::io
