#include "lib/io/accounts/account_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

namespace postern::io::account_files {
namespace {

using Done = Expected<void, std::string>;

constexpr std::size_t max_file_size = 64 * 1024 * 1024;
constexpr mode_t writable_by_others = S_IWGRP | S_IWOTH;

Done check_file(const struct stat& status, const std::string& name, bool secret) {
  if (!S_ISREG(status.st_mode)) return failure(name, "is no regular file");
  if ((status.st_mode & writable_by_others) != 0) {
    return failure(name,
                   "can be written by others than its owner; mend it with: chmod go-w " + name);
  }
  if (secret && (status.st_mode & S_IRWXO) != 0) {
    return failure(name, "can be read by everybody; mend it with: chmod 640 " + name);
  }
  if (static_cast<std::size_t>(status.st_size) > max_file_size) {
    return failure(name, "is larger than 64 MiB");
  }
  return {};
}

Done read_all(int file, const std::string& name, std::string& text) {
  std::array<char, 65536> chunk{};
  while (text.size() <= max_file_size) {
    const ssize_t got = ::read(file, chunk.data(), chunk.size());
    if (got == 0) return {};
    if (got > 0) {
      text.append(chunk.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return failure(name, describe(errno));
    }
  }
  return failure(name, "is larger than 64 MiB");
}

Done write_all(int file, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return failure(name, "cannot be written: " + describe(errno));
    }
  }
  return {};
}

// What a new file is to have.
struct Dress {
  uid_t owner = static_cast<uid_t>(-1);  // -1: that of this process
  gid_t group = static_cast<gid_t>(-1);
  mode_t mode = 0;
  std::optional<time_t> younger_than;
};

Dress dress_of(int directory, const std::string& base, const NewFile& made) {
  struct stat old {};
  if (::fstatat(directory, base.c_str(), &old, AT_SYMLINK_NOFOLLOW) != 0) {
    Dress dress;
    dress.group = made.group;
    dress.mode = made.mode;
    return dress;
  }
  return {old.st_uid, old.st_gid, old.st_mode & 07777U, old.st_mtim.tv_sec};
}

Done put_on(int file, const Dress& dress, const std::string& name) {
  if (::fchown(file, dress.owner, dress.group) != 0 || ::fchmod(file, dress.mode) != 0) {
    return failure(name, "cannot be given to its owner and group: " + describe(errno));
  }
  struct stat now {};
  if (::fstat(file, &now) != 0) return failure(name, describe(errno));
  if (!dress.younger_than || now.st_mtim.tv_sec > *dress.younger_than) return {};
  const std::array<timespec, 2> times = {timespec{0, UTIME_OMIT},
                                         timespec{*dress.younger_than + 1, 0}};
  if (::futimens(file, times.data()) != 0) return failure(name, describe(errno));
  return {};
}

Done write_new(int directory, const std::string& base, const Dress& dress, std::string_view text,
               const std::string& name) {
  const FileDescriptor file(::openat(directory, base.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return failure(name, "cannot be written: " + describe(errno));
  Done done = write_all(file.get(), text, name);
  if (done) done = put_on(file.get(), dress, name);
  if (done && ::fsync(file.get()) != 0) done = failure(name, describe(errno));
  return done;
}

std::string fresh_name(const std::string& base) {
  return "." + base + ".new";
}

}  // namespace

Unexpected<std::string> failure(const std::string& name, const std::string& problem) {
  return Unexpected<std::string>(name + ": " + problem);
}

std::string describe(int error) {
  return std::generic_category().message(error);
}

Expected<FileDescriptor, std::string> open_directory(const std::string& path) {
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory && errno == ENOENT) return directory;
  if (!directory) return failure(path, describe(errno));
  struct stat status {};
  if (::fstat(directory.get(), &status) != 0) return failure(path, describe(errno));
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return failure(path, "belongs to user " + std::to_string(status.st_uid) +
                             ", who is neither root nor the user of this command; mend it with: "
                             "chown root " +
                             path);
  }
  if ((status.st_mode & writable_by_others) != 0) {
    return failure(path,
                   "can be written by others than its owner; mend it with: chmod go-w " + path);
  }
  return directory;
}

Expected<FileText, std::string> read_file(int directory, const std::string& path,
                                          const std::string& base, bool secret) {
  const std::string name = path + "/" + base;
  // Without O_NONBLOCK a FIFO would hold us.
  const FileDescriptor file(
      ::openat(directory, base.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return FileText{};
  if (!file && errno == ELOOP) {
    return failure(name, "is a symbolic link; put what it points to in its place");
  }
  if (!file && errno == EACCES) return failure(name, "cannot be read; run the command as root");
  if (!file) return failure(name, describe(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failure(name, describe(errno));
  FileText read{true, {}};
  Done done = check_file(status, name, secret);
  if (done) done = read_all(file.get(), name, read.text);
  if (!done) return Unexpected<std::string>(done.error());
  return read;
}

void remove_leftover(int directory, const std::string& base) {
  ::unlinkat(directory, fresh_name(base).c_str(), 0);
}

Expected<void, std::string> replace_file(int directory, const std::string& path,
                                         const std::string& base, std::string_view text,
                                         const NewFile& made) {
  const std::string name = path + "/" + base;
  const std::string fresh = fresh_name(base);
  remove_leftover(directory, base);
  Done done = write_new(directory, fresh, dress_of(directory, base, made), text, name);
  if (done && ::renameat(directory, fresh.c_str(), directory, base.c_str()) != 0) {
    done = failure(name, "cannot be replaced: " + describe(errno));
  }
  if (done && ::fsync(directory) != 0) return failure(path, describe(errno));
  if (!done) remove_leftover(directory, base);
  return done;
}

}  // namespace postern::io::account_files
