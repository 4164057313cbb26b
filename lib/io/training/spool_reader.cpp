#include "lib/io/training/spool_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours abandoned{1};

Unexpected<std::string> failure(const std::string& path) {
  return Unexpected<std::string>(path + ": " + std::generic_category().message(errno));
}

// The user id that a directory is named after and belongs to.
std::optional<uid_t> owner_of(const fs::path& directory) {
  const std::string name = directory.filename();
  uid_t uid = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
  struct stat status {};
  if (error != std::errc() || stop != name.data() + name.size() ||
      ::lstat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
      status.st_uid != uid) {
    return std::nullopt;
  }
  return uid;
}

void remove_if_abandoned(const fs::directory_entry& entry) {
  std::error_code error;
  const auto time = entry.last_write_time(error);
  if (!error && time + abandoned < fs::file_time_type::clock::now()) ::unlink(entry.path().c_str());
}

void list_directory(const fs::path& directory, uid_t owner, std::vector<Spooled>& files) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().filename().native().starts_with('.')) {
      remove_if_abandoned(entry);
    } else {
      files.push_back({entry.path(), owner});
    }
  }
}

}  // namespace

Expected<std::vector<Spooled>, std::string> list_spool(const std::string& directory,
                                                       std::size_t limit) {
  std::vector<Spooled> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const auto owner = owner_of(entry.path());
    if (owner) list_directory(entry.path(), *owner, files);
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return Unexpected<std::string>(directory + ": " + error.message() +
                                   "; the learner must be in its group, and its mode be 3773");
  }
  // By their names, which begin with the time.
  std::sort(files.begin(), files.end(), [](const Spooled& a, const Spooled& b) {
    return fs::path(a.path).filename() < fs::path(b.path).filename();
  });
  if (files.size() > limit) files.resize(limit);
  return files;
}

Expected<std::string, std::string> read_spooled(const Spooled& file, std::uint64_t max_size) {
  const FileDescriptor opened(
      ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!opened || ::fstat(opened.get(), &status) != 0) return failure(file.path);
  if (!S_ISREG(status.st_mode) || status.st_uid != file.sender || status.st_nlink != 1) {
    return Unexpected<std::string>(file.path + ": is no plain file of its user");
  }
  if (static_cast<std::uint64_t>(status.st_size) > max_size) {
    return Unexpected<std::string>(file.path + ": has more than " + std::to_string(max_size) +
                                   " octets");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = ::read(opened.get(), text.data() + done, text.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    done += static_cast<std::size_t>(size);
  }
  if (done < text.size()) return Unexpected<std::string>(file.path + ": cannot be read whole");
  return text;
}

bool remove_spooled(const Spooled& file) {
  return ::unlink(file.path.c_str()) == 0 || errno == ENOENT;
}

}  // namespace postern::io
