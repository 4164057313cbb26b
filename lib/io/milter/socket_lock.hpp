// Ownership of a unix socket's path, so that two daemons never steal each other's socket.
#pragma once

#include <string>

#include "lib/base/result.hpp"

namespace postern::milter {

/// Locks "PATH.lock" and removes a socket that a dead owner left at PATH.
/// \return The descriptor that holds the lock; the lock goes with it.
[[nodiscard]] Expected<int, std::string> lock_socket_path(const std::string& path);

}  // namespace postern::milter
