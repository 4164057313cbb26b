#include "lib/io/training/learner_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/store/hash.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;

constexpr mode_t directory_mode = 0750;
constexpr std::size_t max_file_size = 1ULL << 32U;
constexpr std::size_t max_name_size = 200;  // of 255

Unexpected<std::string> failure(const std::string& path, int error = errno) {
  return Unexpected<std::string>(path + ": " + std::generic_category().message(error));
}

// What root writes for the learner belongs to the learner, as the directory around it does.
void give_away(const std::string& path, const std::string& around) {
  struct stat status {};
  if (::geteuid() != 0 || ::stat(around.c_str(), &status) != 0) return;
  static_cast<void>(::lchown(path.c_str(), status.st_uid, status.st_gid) == 0);
}

Expected<void, std::string> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), directory_mode) == 0) {
    give_away(path, fs::path(path).parent_path());
    return {};
  }
  if (errno == EEXIST) return {};
  return failure(path);
}

bool sync_directory(const std::string& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory && ::fsync(directory.get()) == 0;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Writes a file aside and puts it in its place whole.
Expected<void, std::string> write_file(const std::string& directory, const std::string& name,
                                       std::string_view line, std::string_view message) {
  const std::string aside = directory + "/." + name;
  const FileDescriptor file(
      ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!file) return failure(aside);
  give_away(aside, directory);
  const std::string place = directory + "/" + name;
  if (!write_all(file.get(), line) || !write_all(file.get(), "\n") ||
      !write_all(file.get(), message) || ::fsync(file.get()) != 0 ||
      ::rename(aside.c_str(), place.c_str()) != 0) {
    const int error = errno;
    ::unlink(aside.c_str());
    return failure(place, error);
  }
  if (!sync_directory(directory)) return failure(directory);
  return {};
}

struct KeptFile {
  fs::file_time_type time;
  std::string path;
  std::uint64_t size = 0;
};

// All files below a directory of messages, oldest first. Those that go meanwhile are left out.
std::vector<KeptFile> files_in(const std::string& directory) {
  std::vector<KeptFile> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code gone;
    if (!at->is_regular_file(gone) || at->path().filename().native().starts_with('.')) continue;
    KeptFile file{at->last_write_time(gone), at->path().native(), 0};
    if (!gone) file.size = at->file_size(gone);
    if (!gone) files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(), [](const KeptFile& a, const KeptFile& b) {
    return std::tie(a.time, a.path) < std::tie(b.time, b.path);
  });
  return files;
}

}  // namespace

Expected<TrainingFile, std::string> parse_training_file(std::string text) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return Unexpected<std::string>("has no line of an event");
  TrainingFile file;
  file.line = text.substr(0, end);
  text.erase(0, end + 1);
  file.message = std::move(text);
  return file;
}

std::string directory_name_of(std::string_view user) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  for (const char c : user) {
    if (ascii::is_alnum(c) || c == '@' || c == '-' || c == '_' || (c == '.' && !name.empty())) {
      name += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      name += {'%', digits[octet >> 4], digits[octet & 15]};
    }
  }
  if (name.size() <= max_name_size) return name;
  return name.substr(0, max_name_size - 21) + "~" + std::to_string(store::fnv1a(user));
}

Expected<LearnerDirectory, std::string> LearnerDirectory::open(const std::string& path, bool lock) {
  if (!lock) {
    if (::access((path + "/messages").c_str(), W_OK) == 0) {
      return LearnerDirectory(path, FileDescriptor());
    }
    return Unexpected<std::string>(path + "/messages: " + std::generic_category().message(errno) +
                                   "; postern-learner makes it when it starts");
  }
  for (const std::string& directory : {path, path + "/incoming", path + "/messages"}) {
    const auto made = make_directory(directory);
    if (!made) return Unexpected<std::string>(made.error());
  }
  const std::string lock_path = path + "/lock";
  FileDescriptor locked(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!locked) return failure(lock_path);
  if (::flock(locked.get(), LOCK_EX | LOCK_NB) != 0) {
    return Unexpected<std::string>(path +
                                   ": another postern-learner has it; stop it, or give this "
                                   "one its own learner.directory");
  }
  return LearnerDirectory(path, std::move(locked));
}

std::string LearnerDirectory::incoming(const std::string& name) const {
  return path_ + "/incoming/" + name;
}

std::string LearnerDirectory::directory_of(std::string_view user) const {
  return path_ + "/messages/" + directory_name_of(user);
}

Expected<void, std::string> LearnerDirectory::accept(const std::string& name, std::string_view line,
                                                     std::string_view message) const {
  return write_file(path_ + "/incoming", name, line, message);
}

std::vector<std::string> LearnerDirectory::accepted() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_ + "/incoming", error)) {
    std::string name = entry.path().filename().native();
    if (!name.starts_with('.')) {
      names.push_back(std::move(name));
    } else {
      ::unlink(entry.path().c_str());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Expected<TrainingFile, std::string> LearnerDirectory::read(const std::string& name) const {
  auto text = read_file(incoming(name), max_file_size);
  if (!text) return Unexpected<std::string>(text.error());
  auto file = parse_training_file(std::move(*text));
  if (!file) return Unexpected<std::string>(incoming(name) + ": " + file.error());
  return file;
}

bool LearnerDirectory::contains(const std::string& name) const {
  struct stat status {};
  return ::lstat(incoming(name).c_str(), &status) == 0 || errno != ENOENT;
}

Expected<void, std::string> LearnerDirectory::keep(const std::string& name, std::string_view user,
                                                   const std::string& hash) const {
  const std::string directory = directory_of(user);
  auto made = make_directory(directory);
  if (!made) return made;
  const std::string place = directory + "/" + hash;
  if (::rename(incoming(name).c_str(), place.c_str()) != 0) return failure(place);
  return {};
}

void LearnerDirectory::drop(const std::string& name) const {
  ::unlink(incoming(name).c_str());
}

std::size_t LearnerDirectory::enforce(const KeepLimits& limits) const {
  std::vector<KeptFile> files = files_in(path_ + "/messages");
  std::map<std::string, std::uint64_t> of_user;
  std::uint64_t total = 0;
  for (const KeptFile& file : files) {
    of_user[fs::path(file.path).parent_path()] += file.size;
    total += file.size;
  }
  std::size_t removed = 0;
  for (const KeptFile& file : files) {
    std::uint64_t& users = of_user[fs::path(file.path).parent_path()];
    if (users <= limits.per_user && total <= limits.total) continue;
    if (::unlink(file.path.c_str()) == 0) ++removed;
    users -= file.size;
    total -= file.size;
  }
  return removed;
}

std::vector<std::string> LearnerDirectory::kept(std::string_view user) const {
  std::vector<std::string> paths;
  for (KeptFile& file : files_in(user.empty() ? path_ + "/messages" : directory_of(user))) {
    paths.push_back(std::move(file.path));
  }
  return paths;
}

Expected<void, std::string> LearnerDirectory::store(std::string_view user, const std::string& hash,
                                                    std::string_view line,
                                                    std::string_view message) const {
  const std::string directory = directory_of(user);
  auto made = make_directory(directory);
  if (!made) return made;
  return write_file(directory, hash, line, message);
}

std::size_t LearnerDirectory::forget(std::string_view user) const {
  std::size_t removed = 0;
  for (const std::string& path : kept(user)) {
    if (::unlink(path.c_str()) == 0) ++removed;
  }
  ::rmdir(directory_of(user).c_str());
  return removed;
}

bool LearnerDirectory::forget(std::string_view user, const std::string& hash) const {
  return ::unlink((directory_of(user) + "/" + hash).c_str()) == 0;
}

}  // namespace postern::io
