// The check "dkim": signatures of the message (RFC 6376).
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check dkim_check;

}  // namespace postern::checks
