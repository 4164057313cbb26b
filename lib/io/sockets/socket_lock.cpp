#include "lib/io/sockets/socket_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace postern::io {
namespace {

std::string describe(int error) {
  return std::generic_category().message(error);
}

Unexpected<std::string> failure(std::string text) {
  return Unexpected<std::string>(std::move(text));
}

}  // namespace

Expected<int, std::string> lock_socket_path(const std::string& path, const SocketOwner& owner) {
  const std::string lock_path = path + ".lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) {
    return failure(lock_path + ": " + describe(errno) +
                   "; the directory must exist and be writable for the user of " +
                   std::string(owner.program));
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(lock);
    if (error != EWOULDBLOCK) return failure(lock_path + ": " + describe(error));
    return failure(path + ": another " + std::string(owner.program) +
                   " is running on this socket; stop it, or give this one its own " +
                   std::string(owner.parameter));
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      ::close(lock);
      return failure(path + ": exists and is no socket; remove it or set " +
                     std::string(owner.parameter) + " to another path");
    }
    ::unlink(path.c_str());
  }
  return lock;
}

}  // namespace postern::io
