// The network that stands for a client: its /24 or, with IPv6, its /64.
#pragma once

#include <string>

#include "lib/base/ip_address.hpp"

namespace postern::policy {

/// The network of an address: its bytes, those behind `prefix` bits zero.
[[nodiscard]] inline IpAddress masked(const IpAddress& address, unsigned prefix) {
  IpAddress::Bytes bytes = address.bytes();
  for (unsigned at = 0; at < bytes.size(); ++at) {
    const unsigned first = at * 8;
    if (first >= prefix) {
      bytes[at] = 0;
    } else if (prefix - first < 8) {
      bytes[at] = static_cast<std::uint8_t>(bytes[at] & (0xff00U >> (prefix - first)));
    }
  }
  if (!address.is_v4()) return IpAddress::v6(bytes);
  return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

/// "192.0.2.0/24" or "2001:db8::/64": what one owner has, from which a pool of senders retries.
[[nodiscard]] inline std::string client_network(const IpAddress& client) {
  const IpAddress ip = client.unmapped();
  const unsigned prefix = ip.is_v4() ? 24 : 64;
  return masked(ip, prefix).text() + "/" + std::to_string(prefix);
}

}  // namespace postern::policy
