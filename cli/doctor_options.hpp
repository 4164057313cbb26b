// What the user of "postern doctor" gave.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace postern::cli {

struct DoctorOptions {
  std::vector<std::string> domains;  ///< Empty: those of the keys, else Postfix's mydomain.
  std::vector<std::string> addresses;
  std::vector<std::string> only;
  std::vector<std::string> skip;
  std::string config_file;        ///< Empty: that of the system, if there is one.
  std::string postfix_directory;  ///< Empty: the system's own.
  std::string dovecot_file;       ///< Likewise.
  std::string zone_file;
  std::string keys;  ///< Empty: the default.
  std::string state_file = "/var/lib/postern/doctor.json";
  std::vector<std::string> port25_hosts = {"gmail-smtp-in.l.google.com", "mx01.mail.icloud.com",
                                           "mx-aol.mail.gm0.yahoodns.net"};
  std::optional<std::int64_t> time;
  std::uint32_t timeout_seconds = 5;  ///< Of one probe.
  bool offline = false;
  bool json = false;
  bool changes = false;
  bool list = false;

  // --live
  bool live = false;
  std::string recipient;
  std::string smtp = "127.0.0.1:25";
  std::string live_source;  ///< Address that the spoof comes from.
  std::string maildir;
  std::string imap;  ///< "ADDRESS:PORT".
  std::string imap_user;
  std::string imap_password_file;

  [[nodiscard]] std::chrono::milliseconds timeout() const {
    return std::chrono::seconds(timeout_seconds);
  }
};

}  // namespace postern::cli
