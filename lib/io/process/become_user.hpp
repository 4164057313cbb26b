// Giving up root for good.
#pragma once

#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

/// Becomes a user of this host, with its group and no other; nothing when this process is not
/// root's. It cannot come back.
/// \return What is wrong and what to do about it.
[[nodiscard]] Expected<void, std::string> become_user(const std::string& name);

}  // namespace postern::io
