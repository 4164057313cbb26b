// Parameters of the learner: the section [learner].
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/config/setting.hpp"

namespace postern::training {

struct Settings {
  std::string socket;
  std::string spool;
  std::string directory;
  std::vector<std::string> senders;  ///< Login names or numbers of user ids.
  bool system_users = false;
  config::ByteSize max_message;
  config::ByteSize keep_per_user;
  config::ByteSize keep_total;
  std::chrono::milliseconds spool_interval{};
  bool feeds_reputation = false;
  std::vector<std::string> hosts;  ///< In the form of dns::parse_domain.
  std::uint32_t reputation_per_day = 0;
};

/// Error: a directory that is no whole path, a host that is no name, or an interval below 100ms.
[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::training
