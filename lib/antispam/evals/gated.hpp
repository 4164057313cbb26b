// Mail that came through a gateway which takes Received fields away.
#pragma once

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

/// Such mail says nothing about forged relays. So does mail without any Received.
[[nodiscard]] bool is_gated(EvalContext& context);

}  // namespace postern::antispam
