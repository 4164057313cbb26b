#include "lib/io/lmdb/opening.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

#include "lib/io/lmdb/failure.hpp"

namespace postern::io::lmdb {
namespace {

using store::Failure;
using Kind = Failure::Kind;

constexpr std::chrono::seconds opening_patience{5};
constexpr std::uint64_t always_checked = 64 << 20;  // bytes; takes about 50 ms
constexpr std::size_t kept_copies = 3;              // of damaged files

class FileSource final : public PageSource {
 public:
  FileSource(int file, std::uint64_t size) : file_(file), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] bool read(std::uint64_t offset, char* into, std::size_t size) const override {
    if (offset > size_ || size > size_ - offset) return false;
    return ::pread(file_, into, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
  }

 private:
  const int file_;
  const std::uint64_t size_;
};

std::uint64_t size_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

// Such as "20261122T221500".
std::string stamp(store::Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &parts)};
}

Unexpected<Failure> cannot(const std::string& name, const std::string& what, int error) {
  const Kind kind = error == ENOSPC || error == EDQUOT ? Kind::full : Kind::unavailable;
  return failure(kind, name, "cannot " + what + ": " + describe(error));
}

}  // namespace

StoreFile::StoreFile(const std::string& path, FileDescriptor directory)
    : path_(path),
      base_(path.substr(path.find_last_of('/') + 1)),
      directory_(std::move(directory)) {}

Expected<std::unique_ptr<StoreFile>, Failure> StoreFile::open(const std::string& file,
                                                              const HostClock& clock,
                                                              store::Time now) {
  const std::size_t slash = file.find_last_of('/');
  if (slash == file.npos || slash + 1 == file.size()) {
    return failure(Kind::unavailable, file, "the name of a file with its directory is needed");
  }
  const std::string directory = slash == 0 ? "/" : file.substr(0, slash);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return cannot(directory, "be made", errno);
  }
  FileDescriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return cannot(directory, "be opened", errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return cannot(directory, "be read", errno);
  if ((status.st_mode & 022) != 0) {
    return failure(Kind::unavailable, directory,
                   "others can write here; run: chmod go-w " + directory);
  }
  std::unique_ptr<StoreFile> result(new StoreFile(file, std::move(descriptor)));
  result->now_ = now;
  result->boot_id_ = clock.boot_id();
  if (const auto opened = result->open_checkpoints(); !opened) {
    return Unexpected<Failure>(opened.error());
  }
  const auto last = result->checkpoints_->newest();
  result->timeline_ =
      store::continued(last ? &last->timeline : nullptr, result->boot_id_, clock.since_boot(), now);
  return result;
}

Expected<void, Failure> StoreFile::open_checkpoints() {
  const std::string name = base_ + "-checkpoint";
  FileDescriptor file(::openat(directory_.get(), name.c_str(),
                               O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file) return cannot(path_ + "-checkpoint", "be opened", errno);
  if (auto checked = check_owner(file.get(), path_ + "-checkpoint"); !checked) return checked;
  // Room for both slots, so that checkpoints go on when the disk is full.
  if (const int error = ::posix_fallocate(file.get(), 0, CheckpointFile::file_size)) {
    return cannot(path_ + "-checkpoint", "be given room", error);
  }
  checkpoints_ = std::make_unique<CheckpointFile>(std::move(file));
  alone_ = checkpoints_->lock_alone();
  if (alone_) return {};
  if (!checkpoints_->lock_shared(opening_patience)) {
    return failure(Kind::unavailable, path_, "another process has been opening it for long");
  }
  // Whoever was in the way may have been about to close it.
  alone_ = checkpoints_->lock_alone();
  return {};
}

Expected<void, Failure> StoreFile::check_owner(int file, const std::string& name) const {
  struct stat status {};
  struct stat directory {};
  if (::fstat(file, &status) != 0 || ::fstat(directory_.get(), &directory) != 0) {
    return cannot(name, "be read", errno);
  }
  if (!S_ISREG(status.st_mode)) return failure(Kind::unavailable, name, "it is no regular file");
  const uid_t we = ::geteuid();
  const bool ours =
      status.st_uid == we || status.st_uid == 0 || (we == 0 && status.st_uid == directory.st_uid);
  if (!ours) {
    return failure(Kind::unavailable, name,
                   "it belongs to user " + std::to_string(status.st_uid) +
                       "; give it to the user that runs Postern, or move it away");
  }
  if ((status.st_mode & 022) != 0) {
    return failure(Kind::unavailable, name, "others can write to it; run: chmod 600 " + name);
  }
  // What root makes, such as by a command, must not lock the daemon out.
  if (we == 0 && status.st_uid == 0 && directory.st_uid != 0 &&
      ::fchown(file, directory.st_uid, directory.st_gid) != 0) {
    return cannot(name, "be given to the owner of its directory", errno);
  }
  return {};
}

Expected<FileDescriptor, Failure> StoreFile::open_data() const {
  FileDescriptor data(
      ::openat(directory_.get(), base_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!data) {
    if (errno == ELOOP) return failure(Kind::unavailable, path_, "it is a symbolic link");
    return cannot(path_, "be opened", errno);
  }
  if (const auto checked = check_owner(data.get(), path_); !checked) {
    return Unexpected<Failure>(checked.error());
  }
  const std::string lock = base_ + "-lock";
  struct stat status {};
  if (::fstat(data.get(), &status) == 0 && ::geteuid() == 0 && status.st_uid != 0) {
    static_cast<void>(::fchownat(directory_.get(), lock.c_str(), status.st_uid, status.st_gid,
                                 AT_SYMLINK_NOFOLLOW));
  }
  return data;
}

Expected<void, Failure> StoreFile::prepare() {
  struct stat status {};
  const bool exists = ::fstatat(directory_.get(), base_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (!exists) {
    if (errno != ENOENT) return cannot(path_, "be read", errno);
    if (alone_ && checkpoints_->newest()) {
      if (const int error = checkpoints_->clear()) return cannot(path_, "be begun", error);
    }
    return {};
  }
  const auto data = open_data();
  if (!data) return Unexpected<Failure>(data.error());
  if (!alone_) return {};
  // LMDB makes its lock file anew. A leftover might be damaged.
  ::unlinkat(directory_.get(), (base_ + "-lock").c_str(), 0);
  if (status.st_size == 0) {
    ::unlinkat(directory_.get(), base_.c_str(), 0);
    return {};
  }
  const auto last = checkpoints_->newest();
  if (last && !last->clean && last->timeline.boot_id != boot_id_) {
    if (auto done = put_back(data->get(), *last); !done) return done;
  }
  return judge(data->get(), last && last->clean);
}

Expected<void, Failure> StoreFile::put_back(int data, const Checkpoint& checkpoint) {
  const FileSource source(data, size_of(data));
  // A file of another layout is not the one that the checkpoint is of.
  const std::uint32_t page_size = page_size_of(source);
  if (page_size != 0 && page_size != checkpoint.page_size) return {};
  const FileDescriptor writable(
      ::openat(directory_.get(), base_.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!writable) return cannot(path_, "be written", errno);
  for (std::size_t i = 0; i < checkpoint.metas.size(); ++i) {
    const auto& meta = checkpoint.metas[i];
    const auto offset = static_cast<off_t>(i * checkpoint.page_size);
    if (::pwrite(writable.get(), meta.data(), meta.size(), offset) !=
        static_cast<ssize_t>(meta.size())) {
      return cannot(path_, "be written", errno);
    }
  }
  if (::fdatasync(writable.get()) != 0) return cannot(path_, "be synced", errno);
  note_ = path_ +
          ": the host went down without closing it; put back to what was on disk about a "
          "second before";
  return {};
}

Expected<void, Failure> StoreFile::judge(int data, bool clean) {
  const std::uint64_t size = size_of(data);
  if (clean && size > always_checked) return {};
  const PageVerdict verdict = check_pages(FileSource(data, size));
  switch (verdict.kind) {
    case PageVerdict::Kind::sound: return {};
    case PageVerdict::Kind::newer:
      return failure(Kind::unavailable, path_,
                     verdict.problem + "; it is left alone. Install that version, or move it away");
    case PageVerdict::Kind::foreign:
      return failure(Kind::unavailable, path_, verdict.problem + "; it is left alone");
    case PageVerdict::Kind::damaged: break;
  }
  return set_aside(verdict.problem);
}

Expected<void, Failure> StoreFile::set_aside(const std::string& problem) {
  const std::string name = base_ + ".corrupt-" + stamp(now_);
  if (::renameat(directory_.get(), base_.c_str(), directory_.get(), name.c_str()) != 0) {
    return failure(Kind::corrupt, path_,
                   "damaged (" + problem + "), and cannot be renamed: " + describe(errno));
  }
  ::unlinkat(directory_.get(), (base_ + "-lock").c_str(), 0);
  if (const int error = checkpoints_->clear()) return cannot(path_, "be begun anew", error);
  note_ = path_ + ": damaged (" + problem + "); set aside as " + name + " and begun anew";
  forget_old_copies();
  return {};
}

// Damage that comes again must not fill the disk.
void StoreFile::forget_old_copies() const {
  const int copy = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = copy < 0 ? nullptr : ::fdopendir(copy);
  if (entries == nullptr) return;
  std::vector<std::string> names;
  const std::string prefix = base_ + ".corrupt-";
  // Nobody else reads this stream. NOLINTNEXTLINE(concurrency-mt-unsafe)
  while (const dirent* entry = ::readdir(entries)) {
    const std::string name = entry->d_name;
    if (name.starts_with(prefix)) names.push_back(name);
  }
  ::closedir(entries);
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i + kept_copies < names.size(); ++i) {
    ::unlinkat(directory_.get(), names[i].c_str(), 0);
  }
}

bool StoreFile::share() {
  // Names that are new, too, must outlast a loss of power.
  if (alone_) ::fsync(directory_.get());
  alone_ = false;
  return checkpoints_->lock_shared(std::chrono::milliseconds{0});
}

bool StoreFile::become_alone() {
  alone_ = checkpoints_->lock_alone();
  return alone_;
}

bool StoreFile::is_current(int data) const {
  struct stat named {};
  struct stat open {};
  return ::fstatat(directory_.get(), base_.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fstat(data, &open) == 0 && named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}

}  // namespace postern::io::lmdb
