// The names of the fields that we write.
#pragma once

#include <string_view>

namespace postern::report {

inline constexpr std::string_view results_field_name = "Authentication-Results";
inline constexpr std::string_view verdict_field_name = "X-Postern-Verdict";
/// Every field that begins so is ours; those that come with a message are removed.
inline constexpr std::string_view own_prefix = "X-Postern-";
/// What the rules of SpamAssassin write; removed likewise where the antispam check is enforced.
inline constexpr std::string_view spam_prefix = "X-Spam-";

}  // namespace postern::report
