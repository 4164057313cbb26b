// The check "antispam": the rules of SpamAssassin, run natively.
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check antispam_check;

}  // namespace postern::checks
