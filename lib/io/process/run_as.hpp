// Work that is done with less than the rights of this process.
#pragma once

#include <functional>
#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

/// Runs a function in a child that has become a user for good (see become_user()), can gain no
/// right, and does not outlive this process. To be called while there is no other thread.
/// \param work  Returns the exit status; nothing else comes back.
/// \return The status, or why there is none.
[[nodiscard]] Expected<int, std::string> run_as(const std::string& user,
                                                const std::function<int()>& work);

}  // namespace postern::io
