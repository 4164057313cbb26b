// Parameters of postern-avscan: the section [scanner].
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/config/setting.hpp"

namespace postern::antivirus {

struct ScannerSettings {
  std::string socket;
  std::vector<std::string> clients;  ///< Login names or numbers of user ids.
  std::string user;
  std::string database;
  std::string temporary_directory;
  std::uint32_t children = 0;
  std::uint32_t messages_per_child = 0;
  config::ByteSize max_scan_size;
  config::ByteSize max_file_size;
  std::uint32_t max_recursion = 0;
  std::uint32_t max_files = 0;
  bool potentially_unwanted = false;
  std::chrono::milliseconds scan_time{};
  std::chrono::milliseconds request_time{};
  std::chrono::milliseconds processor_time{};
  config::ByteSize child_memory;
  std::uint32_t queue = 0;
  std::chrono::milliseconds wait{};
  std::uint32_t cache = 0;
  std::chrono::milliseconds check_interval{};
  config::ByteSize memory_floor;
};

/// Error: a path that is no whole path, no child, or a limit of time that another one contradicts.
[[nodiscard]] Expected<ScannerSettings, config::ConfigError> load_scanner_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> scanner_setting_rows();

}  // namespace postern::antivirus
