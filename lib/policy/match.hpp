// How the conditions of a rule came out.
#pragma once

#include <string>

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

}  // namespace postern::policy
