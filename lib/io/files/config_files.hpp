// The configuration as it lies on disk: one file and its drop-ins.
#pragma once

#include <string>

#include "lib/config/document.hpp"

namespace postern::io {

inline constexpr const char* default_config_file = "/etc/postern/postern.toml";
inline constexpr std::size_t max_config_size = 1024 * 1024;  ///< Bytes of one file.

/// For --config of every program and command.
inline constexpr const char* config_option_help =
    "Configuration file; without it, /etc/postern/postern.toml if it exists, else built-in "
    "defaults";

/// Which file is read: the one that was given, else that of the system if it exists.
/// \param given  From --config, or from an earlier call; empty: none was given.
/// \return Empty when there is none: then every parameter has its default.
[[nodiscard]] std::string find_config_file(const std::string& given,
                                           const std::string& of_system = default_config_file);

/// The same for people, in one line: the file, or what is in force without one.
[[nodiscard]] std::string describe_config(const std::string& given,
                                          const std::string& of_system = default_config_file);

/// Reads the file that find_config_file() finds and then, in the order of their names, all *.toml
/// in the folder beside it that has its name with ".d" for ".toml", also when only the folder
/// exists. A parameter given later replaces the one given earlier.
[[nodiscard]] Expected<config::Document, config::ConfigError> load_config_files(
    const std::string& given, const std::string& of_system = default_config_file);

/// The whole content of a file, or why it cannot be read.
[[nodiscard]] Expected<std::string, std::string> read_file(const std::string& file,
                                                           std::size_t max_size);

}  // namespace postern::io
