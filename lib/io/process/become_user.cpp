#include "lib/io/process/become_user.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace postern::io {

Expected<void, std::string> become_user(const std::string& name) {
  if (::geteuid() != 0) return {};
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return Unexpected<std::string>("there is no user " + name +
                                   " on this host; make one with adduser --system --group " + name);
  }
  if (::setgroups(0, nullptr) != 0 || ::setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) != 0 ||
      ::setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid) != 0) {
    return Unexpected<std::string>("cannot become user " + name + ": " +
                                   std::generic_category().message(errno));
  }
  return {};
}

}  // namespace postern::io
