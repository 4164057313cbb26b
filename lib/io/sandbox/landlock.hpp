// Landlock: the kernel refuses a process all files but those below one directory.
#pragma once

#include <string>

namespace postern::io {

/// What the running kernel offers: the version of its interface; 0: nothing.
[[nodiscard]] int landlock_version();

/// From now on this process opens, makes, and removes files and directories below `directory` only,
/// and, where the kernel knows how, reaches no TCP port, no abstract socket, and no
/// process outside. It needs PR_SET_NO_NEW_PRIVS.
/// \return False if the kernel cannot do it.
[[nodiscard]] bool confine_files(const std::string& directory);

}  // namespace postern::io
