// What is kept of a domain's MTA-STS between deliveries (RFC 8461 §3.3 and §5.1).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/mta_sts/policy.hpp"
#include "lib/store/operation.hpp"

namespace postern::mta_sts {

/// A fetch that failed is not tried again for the same id before (RFC 8461 §3.3).
inline constexpr std::chrono::minutes retry_interval{5};
/// A policy is fetched again after this time, or half of its max_age, so that it does not expire
/// while its server is away.
inline constexpr std::chrono::hours refresh_interval{24};

/// A policy, the last failure to get one, or both.
struct Entry {
  std::string id;                ///< Of the TXT record under which the policy was fetched.
  std::optional<Policy> policy;  ///< The last one fetched.
  store::Time fetched{};
  std::string failed_id;  ///< Empty: the last fetch succeeded.
  store::Time failed{};

  bool operator==(const Entry&) const = default;
};

/// Whether its policy is in force: fetched less than max_age ago. A clock that has stepped back
/// makes it no older than new; one fetched more than a day ahead of the clock is not believed.
[[nodiscard]] bool is_valid(const Entry& entry, store::Time now);
/// How long its policy is in force from now on; 0 when it is not.
[[nodiscard]] std::chrono::milliseconds time_left(const Entry& entry, store::Time now);
/// Whether a fetch of this id has failed within retry_interval.
[[nodiscard]] bool has_just_failed(const Entry& entry, std::string_view id, store::Time now);
/// Whether a policy in force is to be fetched again in the background.
[[nodiscard]] bool is_refresh_due(const Entry& entry, store::Time now);

/// "s/" and the domain. \param domain  In the form of dns::parse_domain.
[[nodiscard]] std::string key_of(std::string_view domain);
/// The domain of a key, or nothing for another key.
[[nodiscard]] std::optional<std::string> domain_of_key(std::string_view key);

/// The value that keeps an entry.
[[nodiscard]] std::string format(const Entry& entry);
/// Nothing for any other text.
[[nodiscard]] std::optional<Entry> parse_entry(std::string_view text);

/// Writes an entry for as long as it says something.
[[nodiscard]] store::Operation keep(std::string_view domain, const Entry& entry, store::Time now);

}  // namespace postern::mta_sts
