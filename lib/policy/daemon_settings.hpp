// Parameters of the policy daemon that no rule is about: its TLS policies, notices, and log.
#pragma once

#include <string>
#include <vector>

#include "lib/config/setting.hpp"

namespace postern::policy {

struct DaemonSettings {
  std::vector<std::string> tls_policy_sockets;  ///< unix:PATH or inet:PORT@ADDRESS.
  std::string notice_server;                    ///< ADDRESS:PORT; empty: nobody is told by mail.
  std::string postmaster;
  bool log_addresses = false;
};

/// Error: a notice_server that is no address with port.
[[nodiscard]] Expected<DaemonSettings, config::ConfigError> load_daemon_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> daemon_setting_rows();

/// An address and a port.
struct NoticeServer {
  IpAddress address;
  std::uint16_t port = 25;
};
/// Reads "127.0.0.1:25" or "[::1]:25".
[[nodiscard]] Parsed<NoticeServer> parse_notice_server(std::string_view text);

}  // namespace postern::policy
