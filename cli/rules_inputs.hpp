// What rules were matched against, as tools/sa-oracle writes it (docs/antispam-agreement.md).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/antispam/message/rendered_message.hpp"
#include "lib/antispam/rules/rule_set.hpp"

namespace postern::cli {

/// Headers that header rules name.
[[nodiscard]] std::set<antispam::HeaderKey> header_keys(const antispam::RuleSet& rules);

/// Octets as the code points of the same numbers, so that JSON carries any of them.
[[nodiscard]] std::string latin1_text(std::string_view octets);

/// \param body  The lines as they were before evals changed them.
[[nodiscard]] nlohmann::json rules_inputs(antispam::RenderedMessage& message,
                                          const std::vector<std::string>& body,
                                          const std::set<antispam::HeaderKey>& headers);

}  // namespace postern::cli
