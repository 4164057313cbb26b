// The check "dmarc": does an authenticated domain align with the author? (RFC 9989)
#pragma once

#include "lib/checks/check.hpp"

namespace postern::checks {

extern const Check dmarc_check;

}  // namespace postern::checks
