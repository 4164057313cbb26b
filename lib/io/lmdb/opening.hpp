// Everything that comes before LMDB may touch a store file: whose it is, who else uses it, whether
// it has to be put back to a checkpoint, and whether it is sound.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/lmdb/checkpoint_file.hpp"
#include "lib/store/store.hpp"

namespace postern::io::lmdb {

/// What the system says about time and boots; a fake in tests.
class HostClock {
 public:
  HostClock() = default;
  HostClock(const HostClock&) = delete;
  HostClock& operator=(const HostClock&) = delete;
  virtual ~HostClock() = default;

  /// Time since the host was booted, sleep included; any thread may ask.
  [[nodiscard]] virtual store::Lifetime since_boot() const = 0;
  /// Another one for each boot; empty when not known.
  [[nodiscard]] virtual std::string boot_id() const = 0;
};
/// CLOCK_BOOTTIME and /proc/sys/kernel/random/boot_id. Lives as long as the program.
[[nodiscard]] const HostClock& host_clock();

/// A store file, and the files beside it, FILE-lock (of LMDB) and FILE-checkpoint.
class StoreFile {
 public:
  /// Looks at the directory, makes it if it does not exist, and opens FILE-checkpoint. Waits some
  /// seconds for a process that is opening or closing the store.
  [[nodiscard]] static Expected<std::unique_ptr<StoreFile>, store::Failure> open(
      const std::string& file, const HostClock& clock, store::Time now);

  /// Puts the file back to its checkpoint when power was lost, and checks its pages when it was not
  /// closed cleanly or is small enough to be checked each time. Only when no other process uses it.
  /// What is damaged is renamed to FILE.corrupt-TIME.
  [[nodiscard]] Expected<void, store::Failure> prepare();
  /// The file as it lies there now; after LMDB has opened it.
  [[nodiscard]] Expected<FileDescriptor, store::Failure> open_data() const;
  /// Sets the file aside, though it seemed sound. Only when alone.
  [[nodiscard]] Expected<void, store::Failure> set_aside(const std::string& problem);
  /// From now on, others may use the file, too.
  [[nodiscard]] bool share();

  [[nodiscard]] bool is_alone() const { return alone_; }
  /// Becomes the only user, if there is no other.
  [[nodiscard]] bool become_alone();
  /// Whether the file of this name is still the one behind `data`.
  [[nodiscard]] bool is_current(int data) const;

  [[nodiscard]] CheckpointFile& checkpoints() { return *checkpoints_; }
  [[nodiscard]] const store::Timeline& timeline() const { return timeline_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// For the operator, when something was put back or set aside; else empty.
  [[nodiscard]] const std::string& note() const { return note_; }

 private:
  StoreFile(const std::string& path, FileDescriptor directory);
  [[nodiscard]] Expected<void, store::Failure> open_checkpoints();
  [[nodiscard]] Expected<void, store::Failure> check_owner(int file, const std::string& name) const;
  [[nodiscard]] Expected<void, store::Failure> put_back(int data, const Checkpoint& checkpoint);
  [[nodiscard]] Expected<void, store::Failure> judge(int data, bool clean);
  void forget_old_copies() const;

  const std::string path_;
  const std::string base_;  // its last part
  const FileDescriptor directory_;
  std::unique_ptr<CheckpointFile> checkpoints_;
  bool alone_ = false;
  std::string boot_id_;
  store::Time now_;
  store::Timeline timeline_;
  std::string note_;
};

}  // namespace postern::io::lmdb
