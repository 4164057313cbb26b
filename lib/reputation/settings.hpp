// Parameters of reputation: the section [reputation].
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/config/setting.hpp"
#include "lib/reputation/reputation.hpp"

namespace postern::reputation {

struct Configuration {
  bool enabled = true;
  std::chrono::milliseconds half_life{};
  std::uint32_t believed = 0;
  std::string feed_socket;  ///< Path; empty: nobody tells, nobody listens.

  [[nodiscard]] Settings settings() const { return {half_life, static_cast<double>(believed)}; }
};

/// Error: a half-life below an hour, with which nothing would be remembered.
[[nodiscard]] Expected<Configuration, config::ConfigError> load_configuration(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::reputation
