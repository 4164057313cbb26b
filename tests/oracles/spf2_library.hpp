// libspf2 over answers of ours.
#pragma once

#include <functional>
#include <string>

#include "lib/dns/answers.hpp"
#include "lib/spf/check_host.hpp"

namespace postern::oracle {

using Lookup = std::function<dns::Answer(const dns::Question&)>;

struct Spf2Outcome {
  std::string result;       ///< A word of RFC 8601, or what the library said instead.
  std::string explanation;  ///< "DEFAULT" where the domain gave none.
};

/// Checks with libspf2, as a careful caller would: what it reports only by an error code becomes
/// permerror or temperror, and names that are no domain are not given to it. Call it in a child
/// process: the library ends the process on some input.
[[nodiscard]] Spf2Outcome check_with_spf2(const spf::Request& request, const Lookup& lookup);

}  // namespace postern::oracle
