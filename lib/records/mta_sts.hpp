// MTA-STS: the record that says there is a policy, and the policy itself (RFC 8461).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::records {

/// RFC 8461 §5. `none` withdraws a policy that senders may have kept.
enum class StsMode { none, testing, enforce };

[[nodiscard]] std::string_view to_token(StsMode mode);

/// What senders fetch and keep (RFC 8461 §3.2).
struct StsPolicy {
  StsMode mode = StsMode::testing;
  std::vector<std::string> mx;  ///< Names of mail hosts, or "*.example.org". Empty only for none.
  std::chrono::seconds max_age{};

  bool operator==(const StsPolicy&) const = default;
};

inline constexpr std::size_t max_sts_id_size = 32;             ///< RFC 8461 §3.1.
inline constexpr std::size_t max_sts_policy_size = 64 * 1024;  ///< Octets; RFC 8461 §3.3.
inline constexpr std::size_t max_sts_hosts = 100;
inline constexpr std::chrono::seconds max_sts_age{31557600};  ///< RFC 8461 §3.2.

/// The text of the TXT record. \param id  1 to max_sts_id_size letters and digits.
[[nodiscard]] std::string format_sts_record(std::string_view id);

/// Whether a TXT record is meant to be one of MTA-STS; others are passed over (RFC 8461 §3.1).
[[nodiscard]] bool is_sts_record(std::string_view text);

/// Reads the TXT record and gives its id.
/// \param text  From any domain. \return An error for a bad version, or an id that is missing or
///              not of 1 to max_sts_id_size letters and digits.
[[nodiscard]] Parsed<std::string> parse_sts_record(std::string_view text);

/// The text of the policy file, its lines ended by CRLF.
[[nodiscard]] std::string format(const StsPolicy& policy);

/// Reads a policy file. Fields that are not known are passed over; of one given twice the first
/// counts, except mx. Lines may end with LF or CRLF.
///
/// \param text  From any web server. \return An error for a missing or bad version, mode, or
///              max_age, and for a mode other than none without mx.
[[nodiscard]] Parsed<StsPolicy> parse_sts_policy(std::string_view text);

/// Whether a mail host's name matches an mx of the policy (RFC 8461 §4.1).
/// \param host  In the form of dns::parse_name.
[[nodiscard]] bool covers(const StsPolicy& policy, std::string_view host);

/// Where the policy of a domain is fetched, an https URL (RFC 8461 §3.3).
[[nodiscard]] std::string sts_policy_url(std::string_view domain);

}  // namespace postern::records
