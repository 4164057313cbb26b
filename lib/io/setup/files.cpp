#include "lib/io/setup/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "lib/io/files/config_files.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {
namespace {

Unexpected<std::string> failed(const std::string& path, int error) {
  return Unexpected<std::string>(path + ": " + std::generic_category().message(error));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

// Where a new content is written, before it takes the place of the file.
std::string name_beside(const std::string& path) {
  return path + ".postern-new";
}

bool write_all(int file, const std::string& content) {
  std::size_t at = 0;
  while (at < content.size()) {
    const ssize_t size = ::write(file, content.data() + at, content.size() - at);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    at += static_cast<std::size_t>(size);
  }
  return ::fsync(file) == 0;
}

void sync_folder(const std::string& path) {
  const FileDescriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) (void)::fsync(folder.get());
}

// Writes the new content beside the file, with its mode and owner. \return 0 or an errno.
int write_beside(const std::string& path, const std::string& beside, const std::string& content,
                 unsigned mode) {
  struct stat old {};
  const bool is_there = ::lstat(path.c_str(), &old) == 0;
  const FileDescriptor file(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return errno;
  if (is_there && ::fchown(file.get(), old.st_uid, old.st_gid) != 0) return errno;
  if (::fchmod(file.get(), is_there ? old.st_mode & 07777 : mode) != 0) return errno;
  return write_all(file.get(), content) ? 0 : errno;
}

}  // namespace

Expected<std::optional<std::string>, std::string> read_system_file(const std::string& path,
                                                                   std::size_t max_size) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return failed(path, errno);
  }
  if (S_ISLNK(info.st_mode)) {
    return Unexpected<std::string>(path +
                                   ": is a symbolic link: who manages the file has to change it");
  }
  if (!S_ISREG(info.st_mode)) return Unexpected<std::string>(path + ": is no file");
  auto text = read_file(path, max_size);
  if (!text) return Unexpected<std::string>(text.error());
  return std::optional(std::move(*text));
}

Expected<void, std::string> write_system_file(const std::string& path, const std::string& content,
                                              unsigned mode) {
  const std::string beside = name_beside(path);
  (void)::unlink(beside.c_str());  // of a run that was killed
  const int error = write_beside(path, beside, content, mode);
  if (error == 0 && ::rename(beside.c_str(), path.c_str()) == 0) {
    sync_folder(path);
    return {};
  }
  const int why = error != 0 ? error : errno;
  (void)::unlink(beside.c_str());
  return failed(path, why);
}

void remove_leftover(const std::string& path) {
  const std::string beside = name_beside(path);
  struct stat info {};
  if (::lstat(beside.c_str(), &info) == 0 && S_ISREG(info.st_mode)) (void)::unlink(beside.c_str());
}

Expected<void, std::string> remove_system_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return failed(path, errno);
  }
  sync_folder(path);
  return {};
}

Expected<std::vector<std::string>, std::string> make_directories(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::string> made;
  fs::path missing;
  for (const fs::path& part : fs::path(path)) {
    missing /= part;
    if (::mkdir(missing.c_str(), 0755) == 0) {
      made.push_back(missing.string());
    } else if (errno != EEXIST) {
      return failed(missing.string(), errno);
    }
  }
  return made;
}

}  // namespace postern::io
