// What the rules are told of a message by its envelope, by the checks, and by the operator's lists.
#pragma once

#include <cstdint>

#include "lib/antispam/filter/filter.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/verdict/envelope.hpp"
#include "lib/verdict/findings.hpp"

namespace postern::checks {

/// \param now  Seconds since the epoch.
[[nodiscard]] antispam::Circumstances antispam_circumstances(const verdict::Findings& findings,
                                                             const verdict::Envelope& envelope,
                                                             const antispam::Settings& settings,
                                                             std::int64_t now);

}  // namespace postern::checks
