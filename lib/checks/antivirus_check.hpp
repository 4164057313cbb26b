// The check "antivirus": is there a virus in the message, or in what is attached to it?
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check antivirus_check;

}  // namespace postern::checks
