// Whether the conditions of a rule hold for a request.
#pragma once

#include <string>

#include "lib/policy/facts.hpp"
#include "lib/policy/rule.hpp"

namespace postern::policy {

/// How one condition, or all of a rule, came out.
enum class Truth {
  no,
  yes,
  unknown,  ///< Not said at this state, or DNS, the store, or a table fails: no match, ever.
  pending   ///< Answers are missing, which the facts have noted.
};

struct Match {
  Truth truth = Truth::yes;
  std::string why;          ///< Of no and unknown: the condition that decided; printable ASCII.
  bool is_failure = false;  ///< Unknown since something fails that should work.
};

/// Evaluates every condition, those that need no answers first: when one of them does not hold,
/// nothing is asked. Of the others all are asked at once.
[[nodiscard]] Match match(const Rule& rule, const Request& request, const Policy& policy,
                          Facts& facts);

}  // namespace postern::policy
