// The check "attachments": are there files that nobody wants, whatever virus they have or have not?
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check attachments_check;

}  // namespace postern::checks
