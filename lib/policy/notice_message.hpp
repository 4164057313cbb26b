// A notice of ours as a message (RFC 5322, RFC 3834).
#pragma once

#include <chrono>
#include <string>

namespace postern::policy {

/// All texts are ours or from users who have logged in.
struct NoticeLetter {
  std::string author;     ///< Address with a domain.
  std::string recipient;  ///< Address.
  std::string subject;
  std::string text;       ///< Lines that end with LF.
  std::string host_name;  ///< Ours, for Message-ID.
};

/// The message with CRLF. Octets that are not printable ASCII become "?", so that nothing of a
/// login or an address can begin a field of its own.
[[nodiscard]] std::string notice_message(const NoticeLetter& letter,
                                         std::chrono::sys_time<std::chrono::milliseconds> now);

}  // namespace postern::policy
