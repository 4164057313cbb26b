// What the SMTP session said before the message came.
#pragma once

#include <string>

#include "lib/base/ip_address.hpp"

namespace postern::verdict {

/// What the SMTP session said before the message. All but `client_ip` is the peer's text.
struct Envelope {
  IpAddress client_ip;  ///< Not mapped (IpAddress::unmapped).
  std::string helo;
  std::string rfc5321_mail_from;  ///< Without angle brackets; empty for the null sender.
  std::string receiver;           ///< Our authserv-id.
  std::string login;              ///< Of a user who authenticated; empty for all others.
};

}  // namespace postern::verdict
