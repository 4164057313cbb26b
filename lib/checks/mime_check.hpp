// The check "mime": the structure of the message and the limits it exceeds.
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check mime_check;

}  // namespace postern::checks
