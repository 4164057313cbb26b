// Sending one message by SMTP, and keeping what the server answered.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"

namespace postern::io {

struct SmtpJob {
  IpAddress server;
  std::uint16_t port = 25;
  std::optional<IpAddress> source;  ///< Bound to before connecting.
  std::string helo;
  std::string mail_from;  ///< Without brackets; empty for the null sender.
  std::string recipient;
  std::string message;  ///< Lines ended by CRLF.
};

/// The reply that decided: the first that is no success, or that to the message.
struct SmtpAnswer {
  unsigned code = 0;
  std::string text;   ///< Of its last line; from the server.
  std::string stage;  ///< The command answered: greeting, EHLO, MAIL, RCPT, DATA, message.
};

/// \return Or why the conversation broke off.
[[nodiscard]] Expected<SmtpAnswer, std::string> send_mail(const SmtpJob& job,
                                                          std::chrono::milliseconds timeout);

}  // namespace postern::io
