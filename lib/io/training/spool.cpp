#include "lib/io/training/spool.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {
namespace {

constexpr mode_t spool_mask = 0007;
constexpr std::chrono::seconds count_interval{1};

Unexpected<std::string> failure(const std::string& path) {
  return Unexpected<std::string>(path + ": " + std::generic_category().message(errno));
}

// Sets the mask of the process for a moment; mailbox servers have one thread.
class Mask {
 public:
  explicit Mask(mode_t mask) : before_(::umask(mask)) {}
  ~Mask() { ::umask(before_); }
  Mask(const Mask&) = delete;
  Mask& operator=(const Mask&) = delete;

 private:
  mode_t before_;
};

bool write_event(int file, std::string_view line, std::string_view message) {
  const std::string head = std::string(line) + "\n";
  for (std::string_view text : {std::string_view(head), message}) {
    while (!text.empty()) {
      const ssize_t written = ::write(file, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return true;
}

}  // namespace

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : directory_(std::move(other.directory_)), name_(std::exchange(other.name_, {})) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  if (this == &other) return *this;
  drop();
  directory_ = std::move(other.directory_);
  name_ = std::exchange(other.name_, {});
  return *this;
}

SpoolFile::~SpoolFile() {
  drop();
}

void SpoolFile::drop() noexcept {
  if (!name_.empty()) ::unlink(hidden().c_str());
  name_.clear();
}

bool SpoolFile::keep() {
  if (::rename(hidden().c_str(), (directory_ + "/" + name_).c_str()) != 0) return false;
  name_.clear();
  return true;
}

Spool::Spool(std::string directory, SpoolLimits limits)
    : parent_(std::move(directory)),
      directory_(parent_ + "/" + std::to_string(::geteuid())),
      limits_(limits) {}

Expected<void, std::string> Spool::make_directory() const {
  if (parent_.empty()) return Unexpected<std::string>("no spool directory is set");
  {
    const Mask mask(spool_mask);
    if (::mkdir(directory_.c_str(), 0777) != 0 && errno != EEXIST) return failure(directory_);
  }
  struct stat status {};
  if (::lstat(directory_.c_str(), &status) != 0) return failure(directory_);
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) {
    return Unexpected<std::string>(directory_ + ": is no directory of user id " +
                                   std::to_string(::geteuid()));
  }
  return {};
}

void Spool::count_files() {
  const auto now = std::chrono::steady_clock::now();
  if (counted_ != decltype(counted_){} && now < counted_ + count_interval) return;
  counted_ = now;
  files_ = 0;
  bytes_ = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory_.c_str()), ::closedir);
  if (!listing) return;
  // Nobody else reads this listing.
  while (const dirent* entry = ::readdir(listing.get())) {  // NOLINT(concurrency-mt-unsafe)
    struct stat status {};
    if (::fstatat(::dirfd(listing.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode)) {
      continue;
    }
    ++files_;
    bytes_ += static_cast<std::uint64_t>(status.st_size);
  }
}

Expected<SpoolFile, std::string> Spool::write(const std::string& name, std::string_view line,
                                              std::string_view message) {
  const auto made = make_directory();
  if (!made) return Unexpected<std::string>(made.error());
  count_files();
  if (files_ >= limits_.files || bytes_ + message.size() > limits_.bytes) {
    return Unexpected<std::string>(directory_ + ": is full (" + std::to_string(files_) +
                                   " messages); start postern-learner");
  }
  const std::string path = directory_ + "/." + name;
  FileDescriptor file;
  {
    const Mask mask(spool_mask);
    file = FileDescriptor(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0660));
  }
  if (!file) return failure(path);
  SpoolFile spooled(directory_, name);
  if (!write_event(file.get(), line, message)) return failure(path);
  ++files_;
  bytes_ += message.size();
  return spooled;
}

}  // namespace postern::io
