// What a message puts in place of _TAG_ in the names that rules ask for
// (Mail::SpamAssassin::Plugin::AskDNS, check_hashbl_tag).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

/// Values that one tag may have; SpamAssassin has no limit.
constexpr std::size_t max_tag_values = 20;
/// Names that one template may become.
constexpr std::size_t max_names_of_template = 64;

/// The tags of a template without their underscores: "AUTHORDOMAIN", "HEADER(List-Id)".
[[nodiscard]] std::vector<std::string> tags_of(std::string_view name_template);

/// There can be such a tag.
[[nodiscard]] bool is_name_tag(std::string_view tag);

/// Values of a tag, never empty ones and none of which nobody is told; none: the rule does not ask.
/// Of too many some by the secret. Any octets of the sender.
[[nodiscard]] std::vector<std::string> tag_values(EvalContext& context, std::string_view tag);

/// The template with every combination of the values of its tags.
[[nodiscard]] std::vector<std::string> filled_names(EvalContext& context,
                                                    const std::string& name_template,
                                                    const std::vector<std::string>& tags);

}  // namespace postern::antispam
