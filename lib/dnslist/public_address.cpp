#include "lib/dnslist/public_address.hpp"

#include <algorithm>
#include <array>

namespace postern::dnslist {
namespace {

constexpr std::array local_v4 = {"0.0.0.0/8",      "10.0.0.0/8",     "100.64.0.0/10",
                                 "127.0.0.0/8",    "169.254.0.0/16", "172.16.0.0/12",
                                 "192.168.0.0/16", "224.0.0.0/3"};
constexpr std::array public_v6 = {"2000::/3", "64:ff9b::/96"};

template <std::size_t N>
std::array<IpNetwork, N> networks_of(const std::array<const char*, N>& texts) {
  std::array<IpNetwork, N> networks;
  std::transform(texts.begin(), texts.end(), networks.begin(),
                 [](const char* text) { return parse_ip_network(text).value_or(IpNetwork{}); });
  return networks;
}

template <std::size_t N>
bool is_in_any(const IpAddress& address, const std::array<IpNetwork, N>& networks) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

}  // namespace

bool is_public_address(const IpAddress& address) {
  static const auto v4 = networks_of(local_v4);
  static const auto v6 = networks_of(public_v6);
  const IpAddress ip = address.unmapped();
  return ip.is_v4() ? !is_in_any(ip, v4) : is_in_any(ip, v6);
}

}  // namespace postern::dnslist
