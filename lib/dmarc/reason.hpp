// Why a DMARC result is what it is, in words for people.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace postern::dmarc {

/// A name in the form of dns::parse_domain, cut at the left to at most 64 octets.
[[nodiscard]] std::string shorten(std::string_view name);

/// "no aligned identifier: SPF passed for a.example, DKIM for b.example and 2 more".
[[nodiscard]] std::string describe_unaligned(const std::set<std::string>& spf,
                                             const std::set<std::string>& dkim);

/// "DNS failed for _dmarc.a.example".
[[nodiscard]] std::string describe_dns_failure(std::string_view owner);

}  // namespace postern::dmarc
