// The check "submission": whether a user may send under the addresses that a message shows.
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check submission_check;

}  // namespace postern::checks
