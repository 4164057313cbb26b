// Ownership of a unix socket's path, so that two daemons never steal each other's socket.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io {

/// Whose socket it is, for texts that the operator reads.
struct SocketOwner {
  std::string_view program;    ///< Such as "postern-milter".
  std::string_view parameter;  ///< That names the socket, such as "milter.socket".
};

/// Locks "PATH.lock" and removes a socket that a dead owner left at PATH.
/// \return The descriptor that holds the lock; the lock goes with it.
[[nodiscard]] Expected<int, std::string> lock_socket_path(const std::string& path,
                                                          const SocketOwner& owner);

}  // namespace postern::io
