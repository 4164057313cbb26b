// Lists of milters and policy servers as they stand in main.cf and master.cf.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::doctor {

/// One milter of a list.
struct MilterEntry {
  std::string server;  ///< In Postfix's spelling of sockets.
  /// What stands beside it in braces, "{ inet:host:port, default_action=accept }" (postconf(5),
  /// since 3.0): names and values in their order.
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<std::string> unread;  ///< Words in braces that are no setting; fatal for Postfix.

  bool operator==(const MilterEntry&) const = default;
  /// The value of a setting, the last if it is given twice; empty if it is not given.
  [[nodiscard]] std::string value(std::string_view name) const;
};

/// Reads smtpd_milters: servers separated by commas or white space. A setting may stand in braces
/// of its own, "{ name = value }". Reads whatever it is given.
[[nodiscard]] std::vector<MilterEntry> parse_milters(std::string_view value);

/// A list as Postfix reads it, on one line.
[[nodiscard]] std::string format(const std::vector<MilterEntry>& milters);

/// The servers alone.
[[nodiscard]] std::vector<std::string> split_milters(std::string_view value);

/// The servers named after "check_policy_service" in a list of restrictions.
[[nodiscard]] std::vector<std::string> policy_servers(std::string_view restrictions);

}  // namespace postern::doctor
