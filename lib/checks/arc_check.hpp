// The check "arc": the chain of those who handled the message before (RFC 8617).
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check arc_check;

}  // namespace postern::checks
