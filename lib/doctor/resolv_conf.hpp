// Which name servers a host asks, and whether strangers share them.
#pragma once

#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"

namespace postern::doctor {

inline constexpr std::size_t max_name_servers = 16;

/// The addresses of "nameserver" lines (resolv.conf(5)).
[[nodiscard]] std::vector<IpAddress> parse_resolv_conf(std::string_view text);

/// Who runs a resolver that everybody may use; empty when it is no known one. DNS lists refuse
/// those, since they count questions by who asks.
[[nodiscard]] std::string_view public_resolver(const IpAddress& address);

/// Whether an address can be reached from the Internet: not private, shared, loopback, link-local,
/// or reserved (RFC 6890 §2.2).
[[nodiscard]] bool is_global(const IpAddress& address);

}  // namespace postern::doctor
