// What "postern leave --purge" deletes, and when it may.
#pragma once

#include <string>
#include <vector>

#include "cli/setup_options.hpp"
#include "lib/base/result.hpp"

namespace postern::cli {

/// What there is of all that daemons and commands keep. Accounts and their mail are not among it:
/// they are not Postern's to delete.
[[nodiscard]] std::vector<std::string> state_to_purge(const SetupPlaces& places);

/// Deletes that. Directories are emptied only, since they belong to the packages. No daemon may run
/// any more that would use it or write it again.
/// \return What could not be deleted, and why.
[[nodiscard]] Expected<void, std::string> purge_state(const SetupPlaces& places);

/// Where Postfix was told by hand to ask, mail would wait for daemons that are stopped.
/// \return An error that names the socket.
[[nodiscard]] Expected<void, std::string> must_not_be_asked(const SetupPlaces& places);

}  // namespace postern::cli
