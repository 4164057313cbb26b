// What people are told when the brake has stopped a login.
#pragma once

#include <string_view>

#include "lib/ratelimit/brake.hpp"
#include "lib/ratelimit/brake_state.hpp"

namespace postern::ratelimit {

/// \param sender  An address of the login, from the user; may be empty.
[[nodiscard]] Notice make_notice(const BrakeState& state, std::string_view sender);

}  // namespace postern::ratelimit
