// Which addresses belong to the Internet, and which only to somebody's own network.
#pragma once

#include "lib/base/ip_address.hpp"

namespace postern::dnslist {

/// Whether an address may be told to, or contacted for, strangers: not private, loopback,
/// link-local, shared (RFC 6598), or multicast. A mapped address counts as IPv4.
[[nodiscard]] bool is_public_address(const IpAddress& address);

}  // namespace postern::dnslist
