// The check "spf": MAIL FROM and HELO against the client's address (RFC 7208).
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check spf_check;

}  // namespace postern::checks
