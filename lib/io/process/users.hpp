// Users of this host, by name.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

struct UserNumbers {
  uid_t user = 0;
  gid_t group = 0;  ///< His own one.
};

/// \return Or that there is none, and how to make one.
[[nodiscard]] Expected<UserNumbers, std::string> find_user(const std::string& name);

/// The name of the user who owns a file. \return Nothing when there is no such file; or why his
/// name is not known.
[[nodiscard]] Expected<std::optional<std::string>, std::string> owner_of(const std::string& path);

}  // namespace postern::io
