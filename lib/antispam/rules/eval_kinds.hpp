// Which kinds of rules SpamAssassin's eval functions are for (register_eval_rule of its plugins).
#pragma once

#include <optional>
#include <string_view>

#include "lib/antispam/rules/rule.hpp"

namespace postern::antispam {

struct EvalKind {
  std::string_view function;
  std::string_view plugin;             ///< Without "Mail::SpamAssassin::Plugin::".
  std::optional<EvalTest::Kind> kind;  ///< Nothing: for any.
};

/// nullptr: SpamAssassin itself has no such function.
[[nodiscard]] const EvalKind* find_eval_kind(std::string_view function);

}  // namespace postern::antispam
