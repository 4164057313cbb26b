// Parameters of the check: the section [antivirus]. What is done about a result belongs to the
// decision (lib/disposition).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/config/setting.hpp"

namespace postern::antivirus {

/// What is scanned of a message.
enum class Scope {
  message,      ///< The message as it came, and each attachment.
  attachments,  ///< Each attachment.
};

/// Where a scanner listens.
struct ScannerAddress {
  enum class Kind { avscan, clamd };
  Kind kind = Kind::avscan;
  std::string path;  ///< Of a unix socket; empty: host and port.
  std::string host;  ///< An address, not a name: nobody waits for DNS.
  std::uint16_t port = 0;
  std::string text;  ///< As the operator wrote it.

  friend bool operator==(const ScannerAddress& a, const ScannerAddress& b) {
    return a.text == b.text;
  }
};

struct Settings {
  bool enabled = false;
  Scope scope = Scope::message;
  bool own_mail = true;
  config::ByteSize max_size;
  std::vector<ScannerAddress> scanners;  ///< At least one.
  std::chrono::milliseconds timeout{};
};

/// Reads "avscan:PATH", "clamd:PATH", or "clamd:ADDRESS:PORT". \return Nothing for anything else.
[[nodiscard]] Expected<ScannerAddress, std::string_view> parse_scanner_address(
    const std::string& text);

[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document);
[[nodiscard]] std::vector<config::Row> setting_rows();

}  // namespace postern::antivirus
