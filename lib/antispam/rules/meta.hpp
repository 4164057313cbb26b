// Meta rules: expressions over the names of other rules.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/rules/expression.hpp"

namespace postern::antispam {

/// What names in an expression stand for.
struct MetaNames {
  std::function<std::size_t(std::string_view name)> index;  ///< For MetaToken::rule.
  /// Of rules_matching(GLOB): the names in their order.
  std::function<std::vector<std::string_view>(std::string_view glob)> matching;
};

/// \return The expression in postfix order, or what is wrong, a phrase for a warning.
[[nodiscard]] Expected<std::vector<MetaToken>, std::string> read_meta(std::string_view expression,
                                                                      const MetaNames& names);

/// Whether the expression could be one: all that read_meta asks for, and no division by zero while
/// no rule hits.
[[nodiscard]] Expected<void, std::string> check_meta(std::string_view expression,
                                                     bool local_tests_only);

/// "?" is one character, "*" any number.
[[nodiscard]] bool matches_glob(std::string_view text, std::string_view glob);

}  // namespace postern::antispam
