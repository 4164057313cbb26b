// "rules update".
#pragma once

#include "cli/commands.hpp"

namespace postern::cli {

/// \param command  "rules".
void add_rules_update(CLI::App& command, Action& action);

}  // namespace postern::cli
