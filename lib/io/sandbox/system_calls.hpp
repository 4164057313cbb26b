// Which system calls a process in the sandbox makes by itself (seccomp).
#pragma once

#include <string>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

struct SystemCallRules {
  int socket = -1;  ///< The only one on which packets are sent and received.
  /// Where the kernel confines what files are opened, made, and removed, the directory from which
  /// on the process may do so; else -1: then a broker does it.
  int root = -1;
};

/// From now on this process makes the calls that computing and its descriptors need; all others
/// wait for whoever reads from the descriptor that is returned. A program for another architecture
/// would be killed. \return That descriptor, or why not.
[[nodiscard]] Expected<FileDescriptor, std::string> filter_system_calls(
    const SystemCallRules& rules);

}  // namespace postern::io
