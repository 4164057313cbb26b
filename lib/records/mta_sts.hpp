// MTA-STS in the words of DNS plans and the doctor; lib/mta_sts has it all (RFC 8461).
#pragma once

#include <string>
#include <string_view>

#include "lib/mta_sts/policy.hpp"
#include "lib/mta_sts/record.hpp"

namespace postern::records {

using StsMode = mta_sts::Mode;
using StsPolicy = mta_sts::Policy;
using mta_sts::covers;
using mta_sts::format;
using mta_sts::to_token;

inline constexpr std::size_t max_sts_id_size = mta_sts::max_id_size;
inline constexpr std::size_t max_sts_policy_size = mta_sts::max_policy_size;
inline constexpr std::size_t max_sts_hosts = mta_sts::max_hosts;
inline constexpr std::chrono::seconds max_sts_age = mta_sts::longest_age;

[[nodiscard]] inline std::string format_sts_record(std::string_view id) {
  return mta_sts::format_record(id);
}
[[nodiscard]] inline bool is_sts_record(std::string_view text) {
  return mta_sts::is_record(text);
}
[[nodiscard]] inline Parsed<std::string> parse_sts_record(std::string_view text) {
  return mta_sts::parse_record(text);
}
[[nodiscard]] inline Parsed<StsPolicy> parse_sts_policy(std::string_view text) {
  return mta_sts::parse_policy(text);
}
[[nodiscard]] inline std::string sts_policy_url(std::string_view domain) {
  return mta_sts::policy_url(domain);
}

}  // namespace postern::records
