// What of a message lists of digests are asked about (Mail::SpamAssassin::Plugin::HashBL).
#pragma once

#include <string>
#include <vector>

#include "lib/antispam/network/hash_rules.hpp"

namespace postern::antispam {

// Each value once, in the order of the message.
[[nodiscard]] std::vector<std::string> hashed_emails(const HashRules::HashRule& rule,
                                                     EvalContext& context);
[[nodiscard]] std::vector<std::string> hashed_uris(const HashRules::HashRule& rule,
                                                   EvalContext& context);
[[nodiscard]] std::vector<std::string> hashed_matches(const HashRules::HashRule& rule,
                                                      EvalContext& context);
[[nodiscard]] std::vector<std::string> hashed_tags(const HashRules::HashRule& rule,
                                                   EvalContext& context);
[[nodiscard]] std::vector<std::string> hashed_attachments(const HashRules::HashRule& rule,
                                                          EvalContext& context);

}  // namespace postern::antispam
