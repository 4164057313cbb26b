// Finding one message again where it was delivered: in a Maildir, or by IMAP on this host.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/base/result.hpp"
#include "lib/io/probe/imap.hpp"

namespace postern::io {

inline constexpr std::size_t max_probe_size = 1024 * 1024;  ///< Bytes of a message looked at.

/// Waits until a message that holds the text `mark` is in "new" or "cur" of a Maildir or of its
/// folder ".Junk". \return The whole message, or why there is none.
[[nodiscard]] Expected<std::string, std::string> wait_in_maildir(const std::string& directory,
                                                                 const std::string& mark,
                                                                 std::chrono::milliseconds timeout);

/// Waits until a message with this Message-ID is in INBOX or Junk. Nothing is changed or marked.
/// \param message_id  With its angle brackets. \return Its header, or why there is none.
[[nodiscard]] Expected<std::string, std::string> wait_in_imap(const ImapLogin& login,
                                                              const std::string& message_id,
                                                              std::chrono::milliseconds timeout);

}  // namespace postern::io
