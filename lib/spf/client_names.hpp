// The names of the client that DNS confirms, for ptr and %{p} (RFC 7208 §5.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/dns/answers.hpp"

namespace postern::spf {

/// The name whose PTR records name the address: "1.2.0.192.in-addr.arpa" (RFC 1035 §3.5, RFC 3596
/// §2.5).
[[nodiscard]] std::string reverse_name(const IpAddress& ip);

/// Type of the address records that can confirm or match this client.
[[nodiscard]] inline dns::Type address_type(const IpAddress& ip) {
  return ip.is_v4() ? dns::Type::a : dns::Type::aaaa;
}

/// The names in the client's PTR records whose address records name the client. Only the first
/// `max_names` PTR records count, since their owner is the client (RFC 7208 §4.6.4). A DNS failure
/// is as if there was no such name.
///
/// \param below  Only names at or below this one are looked at; empty for all.
/// \return In the order of the PTR records; nothing while an answer is missing.
[[nodiscard]] std::optional<std::vector<std::string>> validated_names(const IpAddress& client_ip,
                                                                      std::string_view below,
                                                                      unsigned max_names,
                                                                      dns::Lookups& lookups);

/// The value of %{p}: `domain` itself if it is among the names, else one below it, else any, else
/// "unknown" (RFC 7208 §7.3).
[[nodiscard]] std::string client_name(const std::vector<std::string>& names,
                                      std::string_view domain);

}  // namespace postern::spf
