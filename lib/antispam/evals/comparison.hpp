// Conditions in arguments of html_tag_balance and html_eval: "!= 0", "< 512".
#pragma once

#include <string_view>

namespace postern::antispam {

/// Whether `value` followed by `condition` is true as an expression of Perl, of numbers, + and -,
/// and comparisons. Anything else is false.
[[nodiscard]] bool is_true_for(double value, std::string_view condition);

}  // namespace postern::antispam
