#include "lib/io/process/users.hpp"

#include <pwd.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace postern::io {
namespace {

using Failure = Unexpected<std::string>;
using Buffer = std::array<char, 16384>;

}  // namespace

Expected<UserNumbers, std::string> find_user(const std::string& name) {
  passwd entry{};
  passwd* found = nullptr;
  Buffer buffer{};
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return UserNumbers{entry.pw_uid, entry.pw_gid};
  }
  return Failure("there is no user " + name +
                 " on this host; make one with adduser --system --group " + name);
}

Expected<std::optional<std::string>, std::string> owner_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return Failure(path + ": " + std::generic_category().message(errno));
  }
  passwd entry{};
  passwd* found = nullptr;
  Buffer buffer{};
  if (::getpwuid_r(status.st_uid, &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr) {
    return std::optional<std::string>(entry.pw_name);
  }
  return Failure(path + ": belongs to user " + std::to_string(status.st_uid) +
                 ", of whom this host knows no name; change its owner");
}

}  // namespace postern::io
