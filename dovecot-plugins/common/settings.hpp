// What the administrator of Dovecot sets for the plugin.
#pragma once

#include <cstdint>
#include <string>

struct mail_user;

namespace postern::dovecot {

inline constexpr const char* default_socket = "/run/postern-learner/learner.sock";
inline constexpr const char* default_spool = "/var/spool/postern/train";
inline constexpr std::uint64_t default_max_size = 1024 * 1024;

struct Settings {
  std::string socket;          ///< Of the learner.
  std::string spool;           ///< Directory for events while the learner is away; empty: none.
  std::uint64_t max_size = 0;  ///< Octets of a message that are handed over; the rest is cut off.
  std::string quota_socket;    ///< Of the learner, for what postern_quota has to tell.
};

/// Reads postern_train_socket, postern_train_spool, postern_train_max_size, and
/// postern_quota_socket. A value that cannot
/// be read is logged, and the default taken.
[[nodiscard]] Settings read_settings(mail_user* user);

}  // namespace postern::dovecot
