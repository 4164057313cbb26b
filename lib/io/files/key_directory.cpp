#include "lib/io/files/key_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>
#include <thread>

#include "lib/io/files/key_directory_access.hpp"

namespace postern::io {
namespace {

using key_directory::describe;
using key_directory::failure;

// Neither can be a domain's folder: no label is empty.
constexpr const char* lock_name = ".lock";
constexpr const char* temporary_name = ".keys.json.new";
constexpr std::chrono::milliseconds lock_pause{20};

using Done = Expected<void, std::string>;
using Opened = Expected<FileDescriptor, std::string>;

Done sync(int descriptor, const std::string& name) {
  if (::fsync(descriptor) != 0) return failure(name, describe(errno));
  return {};
}

// Gives what root has made to the owner of the directory it lies in.
Done hand_over(int descriptor, int directory, const std::string& name) {
  struct stat owner {};
  if (::geteuid() != 0) return {};
  if (::fstat(directory, &owner) != 0 || ::fchown(descriptor, owner.st_uid, owner.st_gid) != 0) {
    return failure(name, describe(errno));
  }
  return {};
}

Done write_all(int descriptor, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return failure(name, describe(errno));
    }
  }
  return {};
}

// Makes a file that is not there, complete and on disk; or leaves none.
Done write_new_file(int directory, const char* base, const std::string& name,
                    std::string_view text) {
  const FileDescriptor file(
      ::openat(directory, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file && errno == EEXIST) {
    return failure(name, "is there already, though no key of the index; move it away");
  }
  if (!file) return failure(name, "cannot be written: " + describe(errno));
  Done done = hand_over(file.get(), directory, name);
  if (done) done = write_all(file.get(), text, name);
  if (done) done = sync(file.get(), name);
  if (!done) ::unlinkat(directory, base, 0);
  return done;
}

Opened make_directory(int parent, const char* base, const std::string& name) {
  const bool is_new = ::mkdirat(parent, base, 0700) == 0;
  if (!is_new && errno != EEXIST) return failure(name, "cannot be made: " + describe(errno));
  FileDescriptor made(::openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made) return failure(name, "is no directory, or cannot be opened: " + describe(errno));
  if (is_new) {
    const Done done = hand_over(made.get(), parent, name);
    if (!done) return Unexpected<std::string>(done.error());
  }
  return made;
}

// The key directory itself may be reached through links: it may lie on another volume.
Done make_key_directory(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return {};
  std::string trimmed = path;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  const std::size_t slash = trimmed.rfind('/');
  const std::string parent = slash == trimmed.npos ? "." : trimmed.substr(0, slash + 1);
  const FileDescriptor above(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!above) return failure(parent, describe(errno) + "; make it first");
  const Opened made = make_directory(
      above.get(), trimmed.c_str() + (slash == trimmed.npos ? 0 : slash + 1), trimmed);
  if (!made) return Unexpected<std::string>(made.error());
  return sync(above.get(), parent);
}

// A run as root that was killed may have left the lock behind as root's: nobody else could take it.
void mend_lock(int lock, int directory) {
  struct stat status {};
  const bool is_left = ::geteuid() == 0 && ::fstat(lock, &status) == 0 && status.st_uid == 0 &&
                       S_ISREG(status.st_mode) && status.st_size == 0 && status.st_nlink == 1;
  if (is_left) (void)hand_over(lock, directory, lock_name);
}

FileDescriptor open_lock(int directory) {
  FileDescriptor made(
      ::openat(directory, lock_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (made) {
    (void)hand_over(made.get(), directory, lock_name);
    return made;
  }
  FileDescriptor there(
      ::openat(directory, lock_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (there) mend_lock(there.get(), directory);
  return there;
}

}  // namespace

std::string KeyDirectory::index_file() const {
  return path_ + "/" + std::string(keyring::index_file_name);
}

std::string KeyDirectory::key_file(const keyring::Key& key) const {
  return path_ + "/" + key.file();
}

Expected<keyring::Index, std::string> KeyDirectory::load_index() const {
  const auto directory = key_directory::open_directory(path_);
  if (!directory) return Unexpected<std::string>(directory.error());
  if (!*directory) return keyring::Index();
  const std::string base(keyring::index_file_name);
  struct stat status {};
  if (::fstatat(directory->get(), base.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 &&
      errno == ENOENT) {
    return keyring::Index();
  }
  const auto text =
      key_directory::read_file(directory->get(), path_, base, keyring::max_index_size);
  if (!text) return Unexpected<std::string>(text.error());
  auto index = keyring::parse_index(text->view());
  if (!index) {
    return failure(index_file(), index.error() + "; mend it, or restore it from a backup");
  }
  return index;
}

Expected<SecretText, std::string> KeyDirectory::load_key(const keyring::Key& key) const {
  const auto directory = key_directory::open_directory(path_);
  if (!directory) return Unexpected<std::string>(directory.error());
  if (!*directory) return failure(path_, describe(ENOENT));
  const auto folder = key_directory::open_folder(directory->get(), path_, key.domain);
  if (!folder) return Unexpected<std::string>(folder.error());
  return key_directory::read_file(folder->get(), path_ + "/" + key.domain, key.selector + ".pem",
                                  max_key_file_size);
}

Expected<KeyDirectoryLock, std::string> KeyDirectory::lock(
    std::chrono::milliseconds patience) const {
  const Done made = make_key_directory(path_);
  if (!made) return Unexpected<std::string>(made.error());
  auto directory = key_directory::open_directory(path_);
  if (!directory) return Unexpected<std::string>(directory.error());
  if (!*directory) return failure(path_, describe(ENOENT));
  const std::string name = path_ + "/" + lock_name;
  FileDescriptor lock = open_lock(directory->get());
  if (!lock)
    return failure(name, key_directory::why_not_opened(directory->get(), lock_name, errno));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return failure(name, describe(errno));
    if (std::chrono::steady_clock::now() >= deadline) {
      return failure(name, "another command holds the lock; try again when it has ended");
    }
    std::this_thread::sleep_for(lock_pause);
  }
  key_directory::mend_folders(directory->get());
  return KeyDirectoryLock(std::move(*directory), std::move(lock));
}

Expected<void, std::string> KeyDirectory::store_index(const KeyDirectoryLock& lock,
                                                      const keyring::Index& index) const {
  const std::string name = path_ + "/" + temporary_name;
  ::unlinkat(lock.directory(), temporary_name, 0);  // left by a crash
  Done written =
      write_new_file(lock.directory(), temporary_name, name, keyring::format_index(index));
  if (!written) return written;
  if (::renameat(lock.directory(), temporary_name, lock.directory(),
                 std::string(keyring::index_file_name).c_str()) != 0) {
    const int error = errno;
    ::unlinkat(lock.directory(), temporary_name, 0);
    return failure(index_file(), "cannot be replaced: " + describe(error));
  }
  return sync(lock.directory(), path_);
}

Expected<void, std::string> KeyDirectory::store_key(const KeyDirectoryLock& lock,
                                                    const keyring::Key& key,
                                                    std::string_view pem) const {
  const auto made = make_directory(lock.directory(), key.domain.c_str(), path_ + "/" + key.domain);
  if (!made) return Unexpected<std::string>(made.error());
  const auto folder = key_directory::open_folder(lock.directory(), path_, key.domain);
  if (!folder) return Unexpected<std::string>(folder.error());
  Done written = write_new_file(folder->get(), (key.selector + ".pem").c_str(), key_file(key), pem);
  if (!written) return written;
  const Done synced = sync(folder->get(), path_ + "/" + key.domain);
  return synced ? sync(lock.directory(), path_) : synced;
}

Expected<void, std::string> KeyDirectory::delete_key(const KeyDirectoryLock& lock,
                                                     const keyring::Key& key) const {
  if (!has_key_file(key)) return {};
  const auto folder = key_directory::open_folder(lock.directory(), path_, key.domain);
  if (!folder) return Unexpected<std::string>(folder.error());
  if (::unlinkat(folder->get(), (key.selector + ".pem").c_str(), 0) != 0 && errno != ENOENT) {
    return failure(key_file(key), "cannot be deleted: " + describe(errno));
  }
  ::unlinkat(lock.directory(), key.domain.c_str(), AT_REMOVEDIR);  // fails while others are in it
  (void)::fsync(folder->get());
  return sync(lock.directory(), path_);
}

bool KeyDirectory::has_key_file(const keyring::Key& key) const {
  struct stat status {};
  return ::lstat(key_file(key).c_str(), &status) == 0;
}

KeyDirectory::Generation KeyDirectory::generation() const {
  struct stat status {};
  if (::stat(index_file().c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size,
          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

}  // namespace postern::io
