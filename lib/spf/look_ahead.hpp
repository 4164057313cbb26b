// Which DNS questions a check is going to need, so that they are asked together.
#pragma once

#include <string>

#include "lib/dns/answers.hpp"
#include "lib/spf/check_host.hpp"
#include "lib/spf/macro.hpp"
#include "lib/spf/policies.hpp"

namespace postern::spf {

/// The question that a term asks first.
///
/// \param name  The term's target.
[[nodiscard]] dns::Question first_question(Mechanism mechanism, const std::string& name,
                                           const IpAddress& client_ip);

/// Walks the records that are known, breadth first along include and redirect, and notes the first
/// question of each term that could be reached: at most `limits.terms` of them in the whole check,
/// so that no policy can make us ask much more than its evaluation may. It stops where a record is
/// not known yet; what is asked is therefore the same in whatever order answers come.
///
/// \param values  `domain` is set to that of each record in turn.
void look_ahead(const std::string& domain, MacroValues& values, const Limits& limits,
                Policies& policies, dns::Lookups& lookups);

}  // namespace postern::spf
