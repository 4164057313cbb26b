// Parameters of the server for spamc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/config/setting.hpp"

namespace postern::antispam {

struct SpamdSettings {
  std::vector<std::string> sockets;  ///< "unix:PATH" or "inet:PORT@ADDRESS"; none: it does not run.
  std::vector<IpNetwork> clients;    ///< Who may ask by TCP.
  std::uint32_t threads = 0;
  bool learn = false;  ///< Whether clients may teach (TELL).
};

[[nodiscard]] Expected<SpamdSettings, config::ConfigError> load_spamd_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> spamd_setting_rows();

}  // namespace postern::antispam
