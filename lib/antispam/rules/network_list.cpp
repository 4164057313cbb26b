#include "lib/antispam/rules/network_list.hpp"

#include <algorithm>

namespace postern::antispam {
namespace {

constexpr unsigned mapped_bits = 96;  // ::ffff:0:0/96 holds all of IPv4

/// As IPv6, so that "::/0" holds IPv4 addresses too.
IpAddress widened(const IpAddress& address) {
  if (!address.is_v4()) return address;
  IpAddress::Bytes bytes{};
  bytes[10] = bytes[11] = 0xFF;
  std::copy_n(address.bytes().begin(), 4, bytes.begin() + 12);
  return IpAddress::v6(bytes);
}

}  // namespace

void NetworkList::add(const IpNetwork& network, bool is_exception) {
  const unsigned more = network.address.is_v4() ? mapped_bits : 0;
  entries_.push_back({{widened(network.address), network.prefix + more}, is_exception});
}

bool NetworkList::contains(const IpAddress& address) const {
  const IpAddress wide = widened(address);
  for (const Entry& entry : entries_) {
    if (entry.network.contains(wide)) return !entry.is_exception;
  }
  return false;
}

}  // namespace postern::antispam
