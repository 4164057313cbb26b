// What the SMTP session said before the message came.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"

namespace postern::verdict {

inline constexpr std::size_t max_recipients = 1'000;  ///< Postfix takes no more.

/// What the SMTP session said before the message. All but `client_ip` is the peer's text.
struct Envelope {
  IpAddress client_ip;      ///< Not mapped (IpAddress::unmapped).
  std::string client_name;  ///< As the MTA verified it by DNS; empty: it has none.
  std::string helo;
  std::string rfc5321_mail_from;  ///< Without angle brackets; empty for the null sender.
  /// Without angle brackets; at most max_recipients of them. Only where a check asks for them.
  std::vector<std::string> recipients;
  std::string receiver;  ///< Our authserv-id.
  std::string login;     ///< Of a user who authenticated; empty for all others.
};

}  // namespace postern::verdict
