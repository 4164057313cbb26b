// What limits and the brake look at in one request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/ip_address.hpp"

namespace postern::ratelimit {

/// Where the SMTP session stands, as far as limits are concerned.
enum class Stage { connect, helo, mail, rcpt, data, end_of_message };

/// Texts are those of the request, which outlives it.
struct Attributes {
  std::optional<Stage> stage;  ///< Nothing: no limit applies.
  std::optional<IpAddress> client_address;
  std::string_view client_name;
  std::string_view helo_name;
  std::string_view login;  ///< Empty without one.
  std::string_view
      rfc5321_mail_from;  ///< Without angle brackets; empty: the null sender or none yet.
  bool has_sender = false;
  std::string_view recipient;  ///< Empty: none, or several at end of message.
  std::uint64_t recipient_count = 0;
  std::uint64_t size = 0;     ///< In bytes.
  std::string_view instance;  ///< The same for all requests of one message.
};

}  // namespace postern::ratelimit
