#include "lib/io/process/become_user.hpp"

#include <grp.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "lib/io/process/users.hpp"

namespace postern::io {

Expected<void, std::string> become_user(const std::string& name) {
  if (::geteuid() != 0) return {};
  const auto found = find_user(name);
  if (!found) return Unexpected<std::string>(found.error());
  const auto [user, group] = *found;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(group, group, group) != 0 ||
      ::setresuid(user, user, user) != 0) {
    return Unexpected<std::string>("cannot become user " + name + ": " +
                                   std::generic_category().message(errno));
  }
  return {};
}

}  // namespace postern::io
