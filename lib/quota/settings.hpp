// Parameters of quota: the section [quota].
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/config/setting.hpp"

namespace postern::quota {

struct Settings {
  std::string action;  ///< Of access(5), as the next; checked by policy::load_settings.
  std::string too_large_action;
  std::chrono::milliseconds max_age{};
  config::DomainList local_part_domains;
  std::vector<std::string> warn_at;
  std::chrono::milliseconds warn_again{};

  std::vector<std::int64_t> warn_levels;  ///< Of warn_at, in percent; ascending.
};

/// Error: a level of warn_at that is not from 1% to 99%.
[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::quota
