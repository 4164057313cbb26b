#include "milters/antivirus/temporary_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace postern::avscan {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "postern-avscan.";
constexpr const char* lock_name = "/lock";

// The lock of a directory, if nobody has it.
io::FileDescriptor take_lock(const std::string& directory) {
  io::FileDescriptor lock(::open((directory + lock_name).c_str(),
                                 O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return lock;
}

// Whether a directory is ours and no longer anybody's. One that is being made has no lock yet.
bool is_left_behind(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      status.st_uid != ::geteuid()) {
    return false;
  }
  const std::string lock = path.string() + lock_name;
  return ::access(lock.c_str(), F_OK) == 0 && static_cast<bool>(take_lock(path.string()));
}

void remove_left_behind(const std::string& parent) {
  std::error_code error;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with(prefix)) continue;
    std::error_code ignored;
    if (is_left_behind(entry->path())) fs::remove_all(entry->path(), ignored);
  }
}

}  // namespace

Expected<TemporaryDirectory, std::string> TemporaryDirectory::make(const std::string& parent) {
  remove_left_behind(parent);
  std::string path = parent + "/" + std::string(prefix) + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return Unexpected<std::string>(parent + ": " + std::generic_category().message(errno) +
                                   "; scanner.temporary_directory must be a directory in which "
                                   "the scanner may make one of its own");
  }
  io::FileDescriptor lock = take_lock(path);
  if (!lock) return Unexpected<std::string>(path + ": cannot be locked");
  return TemporaryDirectory(std::move(path), std::move(lock));
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace postern::avscan
