// Kinds of rules, in the order in which SpamAssassin runs those of one priority.
#pragma once

#include "lib/antispam/rules/rule.hpp"

namespace postern::antispam {

enum class RuleKind {
  header,
  header_eval,
  body,
  uri,
  body_eval,
  rawbody,
  rawbody_eval,
  full,
  full_eval,
  meta
};

/// Rules over header fields of parts and details of URIs are evals to SpamAssassin.
[[nodiscard]] RuleKind kind_of(const RuleTest& test);

}  // namespace postern::antispam
