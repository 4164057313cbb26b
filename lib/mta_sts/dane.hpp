// Whether a domain's mail hosts are judged by DANE (RFC 7672), over which MTA-STS does not speak.
#pragma once

#include <optional>
#include <string_view>

#include "lib/dns/answers.hpp"

namespace postern::mta_sts {

/// Of a domain with more mail hosts, those with the lowest preferences are looked at. Postfix
/// itself tries five addresses (smtp_mx_address_limit).
inline constexpr std::size_t max_dane_hosts = 10;

/// Whether SMTP can use a record: DANE-TA(2) or DANE-EE(3) (RFC 7672 §3.1), a selector and a
/// matching type of RFC 6698 §7, and as much data as that needs.
[[nodiscard]] bool is_usable(const dns::TlsaRecord& record);

/// Reads MX and TLSA records as far as `lookups` knows them; what else is needed it then misses.
/// Only names that DNSSEC proves count. A domain without MX records is its own mail host
/// (RFC 5321 §5.1).
///
/// \param domain  In the form of dns::parse_domain.
/// \return Why the domain is left to DANE: a host has TLSA records, or nobody can say whether it
///         has, which DANE has to judge (RFC 7672 §2.1.2). Nothing: it is not, as far as is known.
[[nodiscard]] std::optional<std::string_view> left_to_dane(std::string_view domain,
                                                           dns::Lookups& lookups);

}  // namespace postern::mta_sts
