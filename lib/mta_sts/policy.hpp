// The MTA-STS policy that a domain publishes on its web server (RFC 8461 §3.2).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::mta_sts {

/// RFC 8461 §5. `none` withdraws a policy that senders may have kept.
enum class Mode { none, testing, enforce };

[[nodiscard]] std::string_view to_token(Mode mode);

/// What senders fetch and keep (RFC 8461 §3.2).
struct Policy {
  Mode mode = Mode::testing;
  std::vector<std::string> mx;  ///< Names of mail hosts, or "*.example.org". Empty only for none.
  std::chrono::seconds max_age{};

  bool operator==(const Policy&) const = default;
};

inline constexpr std::size_t max_policy_size = 64 * 1024;  ///< Octets; RFC 8461 §3.3.
inline constexpr std::size_t max_hosts = 100;
inline constexpr std::chrono::seconds longest_age{31557600};  ///< RFC 8461 §3.2.

/// The text of the policy file, its lines ended by CRLF.
[[nodiscard]] std::string format(const Policy& policy);

/// Reads a policy file. Fields that are not known are passed over; of one given twice the first
/// counts, except mx. Lines may end with LF or CRLF.
///
/// \param text  From any web server. \return An error for a missing or bad version, mode, or
///              max_age, for a mode other than none without mx, and for more than max_hosts of
///              them: leaving some out would hold up mail to those hosts.
[[nodiscard]] Parsed<Policy> parse_policy(std::string_view text);

/// Whether a mail host's name matches an mx of the policy (RFC 8461 §4.1).
/// \param host  In the form of dns::parse_name.
[[nodiscard]] bool covers(const Policy& policy, std::string_view host);

/// The web server of a domain's policy: "mta-sts.example.org" (RFC 8461 §3.3).
[[nodiscard]] std::string policy_host(std::string_view domain);
/// Where the policy of a domain is fetched, an https URL (RFC 8461 §3.3).
[[nodiscard]] std::string policy_url(std::string_view domain);

}  // namespace postern::mta_sts
