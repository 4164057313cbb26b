// Starting another program, which gets nothing of this process but what is named here.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::io {

/// Descriptors of this process that the program writes to and reads from; negative: /dev/null.
struct ChildStreams {
  int output = -1;
  int errors = -1;
  int input = -1;
};

/// Starts a program without further descriptors, with two words of environment (PATH and
/// LC_ALL=C), and with signals as usual, whatever this process does with them.
/// \param program  Path of the file; nothing is searched.
/// \param words    What it is given as its name and arguments; at least one.
/// \return Its process, which has to be waited for; or an errno.
[[nodiscard]] Expected<pid_t, int> spawn(const std::string& program,
                                         const std::vector<std::string>& words,
                                         const ChildStreams& streams);

/// The path of a program that belongs to the one that runs: beside it, as in a build tree, or else
/// in `directory`. Whether there is one shows when it is started.
[[nodiscard]] std::string program_of_ours(const std::string& name, const std::string& directory);

}  // namespace postern::io
