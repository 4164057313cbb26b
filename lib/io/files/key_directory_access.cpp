#include "lib/io/files/key_directory_access.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace postern::io::key_directory {
namespace {

using Done = Expected<void, std::string>;

constexpr mode_t open_to_others = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;

std::string octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

// Nobody but the owner may read or write it.
Done check_mode(const struct stat& status, const std::string& name) {
  if ((status.st_mode & open_to_others) == 0) return {};
  return failure(name, "can be read or written by others than its owner (mode " +
                           octal(status.st_mode) + "); mend it with: chmod " +
                           (S_ISDIR(status.st_mode) ? "700 " : "600 ") + name);
}

// The owner of the key directory. Root works in the directories of others.
Done check_directory_owner(const struct stat& status, const std::string& name) {
  const uid_t self = ::geteuid();
  if (self == 0 || status.st_uid == 0 || status.st_uid == self) return {};
  return failure(name, "belongs to user " + std::to_string(status.st_uid) +
                           ", who is neither root nor the user of this program; mend it with: "
                           "chown -R " +
                           std::to_string(self) + " " + name);
}

// The owner of something in the directory.
Done check_owner(const struct stat& status, uid_t directory_owner, const std::string& name) {
  if (status.st_uid == 0 || status.st_uid == directory_owner || status.st_uid == ::geteuid()) {
    return {};
  }
  return failure(name, "belongs to user " + std::to_string(status.st_uid) +
                           ", who is neither root, nor the owner of the directory, nor the user "
                           "of this program; mend it with: chown " +
                           std::to_string(directory_owner) + " " + name);
}

}  // namespace

Unexpected<std::string> failure(const std::string& name, const std::string& problem) {
  return Unexpected<std::string>(name + ": " + problem);
}

std::string describe(int error) {
  return std::generic_category().message(error);
}

std::string why_not_opened(int folder, const std::string& base, int error) {
  struct stat status {};
  if (::fstatat(folder, base.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISLNK(status.st_mode)) {
    return "is a symbolic link, which is not followed; put what it points to in its place";
  }
  if (error == EACCES) {
    const std::string owner = ::fstatat(folder, base.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0
                                  ? " (it belongs to user " + std::to_string(status.st_uid) + ")"
                                  : "";
    return "cannot be opened by user " + std::to_string(::geteuid()) + owner +
           "; give it to that user: chown " + std::to_string(::geteuid()) +
           ", or run as root any \"postern dkim\" command that changes keys";
  }
  return describe(error);
}

void mend_folders(int directory) {
  struct stat above {};
  if (::geteuid() != 0 || ::fstat(directory, &above) != 0 || above.st_uid == 0) return;
  // fdopendir(3) takes the descriptor, and a copy would share the place in the directory.
  const int again = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const list = again < 0 ? nullptr : ::fdopendir(again);
  if (list == nullptr) {
    if (again >= 0) ::close(again);
    return;
  }
  // The lock keeps other commands away; who reads meanwhile changes nothing.
  while (const dirent* entry = ::readdir(list)) {  // NOLINT(concurrency-mt-unsafe)
    if (entry->d_name[0] == '.') continue;
    struct stat status {};
    if (::fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISDIR(status.st_mode) || status.st_uid != 0) {
      continue;
    }
    const FileDescriptor folder(
        ::openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder) (void)::fchown(folder.get(), above.st_uid, above.st_gid);
  }
  ::closedir(list);
}

Expected<FileDescriptor, std::string> open_directory(const std::string& path) {
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory && errno == ENOENT) return directory;
  if (!directory) return failure(path, why_not_opened(AT_FDCWD, path, errno));
  struct stat status {};
  if (::fstat(directory.get(), &status) != 0) return failure(path, describe(errno));
  Done done = check_directory_owner(status, path);
  if (done) done = check_mode(status, path);
  if (!done) return Unexpected<std::string>(done.error());
  return directory;
}

Expected<FileDescriptor, std::string> open_folder(int directory, const std::string& path,
                                                  const std::string& domain) {
  const std::string name = path + "/" + domain;
  FileDescriptor folder(
      ::openat(directory, domain.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) return failure(name, why_not_opened(directory, domain, errno));
  struct stat above {};
  struct stat status {};
  if (::fstat(directory, &above) != 0 || ::fstat(folder.get(), &status) != 0) {
    return failure(name, describe(errno));
  }
  Done done = check_owner(status, above.st_uid, name);
  if (done) done = check_mode(status, name);
  if (!done) return Unexpected<std::string>(done.error());
  return folder;
}

Expected<SecretText, std::string> read_file(int folder, const std::string& path,
                                            const std::string& base, std::size_t max_size) {
  const std::string name = path + "/" + base;
  // Without O_NONBLOCK a FIFO would hold us.
  const FileDescriptor file(
      ::openat(folder, base.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return failure(name, why_not_opened(folder, base, errno));
  struct stat above {};
  struct stat status {};
  if (::fstat(folder, &above) != 0 || ::fstat(file.get(), &status) != 0) {
    return failure(name, describe(errno));
  }
  if (!S_ISREG(status.st_mode)) return failure(name, "is no regular file");
  Done done = check_owner(status, above.st_uid, name);
  if (done) done = check_mode(status, name);
  if (!done) return Unexpected<std::string>(done.error());
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > max_size) {
    return failure(name, "is larger than " + std::to_string(max_size) + " bytes");
  }
  SecretText text(size);
  if (const int error = text.read_all(file.get()); error != 0) {
    return failure(name, error == EFBIG ? "grows while it is read" : describe(error));
  }
  return text;
}

}  // namespace postern::io::key_directory
