// What the commands below "postern learn" share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/store_access.hpp"
#include "lib/training/ledger.hpp"

namespace postern::cli {

/// All users who taught something, by name.
[[nodiscard]] Expected<std::vector<training::UserEntry>, std::string> learners(store::Store& store);

[[nodiscard]] Expected<training::Counts, std::string> learned(store::Store& store,
                                                              const std::string& user);

}  // namespace postern::cli
