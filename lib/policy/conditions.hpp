// Whether the conditions of a rule hold for a request.
#pragma once

#include "lib/policy/facts.hpp"
#include "lib/policy/match.hpp"
#include "lib/policy/rule.hpp"

namespace postern::policy {

/// Evaluates every condition, those that need no answers first: when one of them does not hold,
/// nothing is asked. Of the others all are asked at once.
[[nodiscard]] Match match(const Rule& rule, const Request& request, const Policy& policy,
                          Facts& facts);

}  // namespace postern::policy
