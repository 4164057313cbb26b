// An MTA-STS policy in the words of smtp_tls_policy_maps (Postfix's postconf(5), TLSRPT_README).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/mta_sts/policy.hpp"

namespace postern::mta_sts {

/// Octets of a value; Postfix takes 100,000 in a reply of a socketmap.
inline constexpr std::size_t max_value_size = 99'000;
/// How long Postfix keeps an answer at most (policy_ttl).
inline constexpr std::chrono::hours longest_ttl{1};

/// Whether the attributes for TLS reports are written. Postfix below 3.10 refuses a value with
/// them; from 3.10.5 on they also make it match hosts as RFC 8461 §4.1 says, where older ones take
/// ".example.org" for any depth of names and connect to hosts that the policy does not name.
enum class TlsReports { off, on };

/// The value for a policy in mode enforce, such as
/// "secure match=mx1.example:.example.org servername=hostname"; nothing for other modes, under
/// which mail is sent as if there were no policy (RFC 8461 §5).
/// \param domain  Of the policy, in the form of dns::parse_domain.
/// \param left    How long the policy is in force.
[[nodiscard]] std::optional<std::string> map_value(std::string_view domain, const Policy& policy,
                                                   std::chrono::milliseconds left,
                                                   TlsReports reports);

}  // namespace postern::mta_sts
