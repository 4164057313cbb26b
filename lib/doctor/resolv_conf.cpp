#include "lib/doctor/resolv_conf.hpp"

#include <algorithm>
#include <array>

#include "lib/doctor/postfix_config.hpp"

namespace postern::doctor {
namespace {

struct PublicNetwork {
  std::string_view network;
  std::string_view operator_name;
};

constexpr std::array public_networks = {
    PublicNetwork{"8.8.8.8", "Google"},
    PublicNetwork{"8.8.4.4", "Google"},
    PublicNetwork{"2001:4860:4860::/48", "Google"},
    PublicNetwork{"1.1.1.0/29", "Cloudflare"},
    PublicNetwork{"1.0.0.0/29", "Cloudflare"},
    PublicNetwork{"2606:4700:4700::/48", "Cloudflare"},
    PublicNetwork{"9.9.9.0/24", "Quad9"},
    PublicNetwork{"149.112.112.0/24", "Quad9"},
    PublicNetwork{"2620:fe::/48", "Quad9"},
    PublicNetwork{"208.67.220.0/22", "OpenDNS"},
    PublicNetwork{"2620:119:35::/48", "OpenDNS"},
    PublicNetwork{"2620:119:53::/48", "OpenDNS"},
    PublicNetwork{"4.2.2.0/29", "Level 3"},
    PublicNetwork{"64.6.64.6", "Vercara"},
    PublicNetwork{"64.6.65.6", "Vercara"},
    PublicNetwork{"77.88.8.0/28", "Yandex"},
    PublicNetwork{"94.140.14.0/24", "AdGuard"},
    PublicNetwork{"94.140.15.0/24", "AdGuard"},
    PublicNetwork{"2a10:50c0::/32", "AdGuard"},
    PublicNetwork{"185.228.168.0/24", "CleanBrowsing"},
    PublicNetwork{"76.76.2.0/24", "Control D"},
    PublicNetwork{"76.76.10.0/24", "Control D"},
    PublicNetwork{"194.242.2.0/24", "Mullvad"},
    PublicNetwork{"86.54.11.0/24", "DNS4EU"},
};

// RFC 6890 §2.2.2 and §2.2.3, without those for documentation: they stand for real ones in tests.
constexpr std::array<std::string_view, 15> not_global = {
    "0.0.0.0/8",     "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",   "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
    "::/127",        "fc00::/7",     "fe80::/10",      "ff00::/8",      "100::/64"};

bool is_in(const IpAddress& address, std::string_view network) {
  const auto parsed = parse_ip_network(network);
  return parsed && parsed->contains(address);
}

}  // namespace

std::vector<IpAddress> parse_resolv_conf(std::string_view text) {
  std::vector<IpAddress> servers;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::vector<std::string> words = split_list(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (words.size() < 2 || words[0] != "nameserver") continue;
    const std::string& word = words[1];
    const auto address = parse_ip_address(std::string_view(word).substr(0, word.find('%')));
    if (address && servers.size() < max_name_servers) servers.push_back(*address);
  }
  return servers;
}

std::string_view public_resolver(const IpAddress& address) {
  const auto found =
      std::find_if(public_networks.begin(), public_networks.end(),
                   [&](const PublicNetwork& known) { return is_in(address, known.network); });
  return found == public_networks.end() ? std::string_view() : found->operator_name;
}

bool is_global(const IpAddress& address) {
  const IpAddress plain = address.unmapped();
  return std::none_of(not_global.begin(), not_global.end(),
                      [&](std::string_view network) { return is_in(plain, network); });
}

}  // namespace postern::doctor
