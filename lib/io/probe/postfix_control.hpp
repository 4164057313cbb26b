// Whether Postfix runs, and having it read its configuration and tables anew.
#pragma once

#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

/// \param directory  Of main.cf; empty: the system's own.
[[nodiscard]] bool postfix_runs(const std::string& directory);

/// Reloads Postfix if it runs; one that does not reads everything when it starts.
/// \return Why it could not be told.
[[nodiscard]] Expected<void, std::string> reload_postfix(const std::string& directory);

}  // namespace postern::io
