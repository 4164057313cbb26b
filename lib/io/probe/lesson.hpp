// Doing what a user does who finds spam in the inbox.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lib/base/result.hpp"
#include "lib/io/probe/imap.hpp"

namespace postern::io {

struct ProbeMessage {
  std::string id;    ///< Its Message-ID with angle brackets, which no other message has.
  std::string text;  ///< Lines ended by CRLF.
};

/// Puts a message into INBOX, moves it into the mailbox whose role is \Junk (RFC 6154), and removes
/// it there, or wherever an error has left it. Other messages are not touched.
/// \param in_junk  Called when the message is in that mailbox, with its name.
/// \param timeout  For all but `in_junk`'s own time.
/// \return What went wrong.
[[nodiscard]] Expected<void, std::string> move_into_junk(
    const ImapLogin& login, const ProbeMessage& message, std::chrono::milliseconds timeout,
    const std::function<void(const std::string& mailbox)>& in_junk);

}  // namespace postern::io
