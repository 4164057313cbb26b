#include "lib/io/lmdb/checkpoint_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <thread>

#include "lib/store/hash.hpp"

namespace postern::io::lmdb {
namespace {

constexpr std::size_t slot_distance = 4096;  // a block of its own, so that no write harms both
constexpr char magic[8] = {'P', 'S', 'T', 'C', 'K', 'P', 'T', '1'};
constexpr std::size_t boot_id_size = 48;
constexpr std::chrono::milliseconds retry_interval{10};

// As it lies on disk, in the byte order of the host.
struct Slot {
  char magic[8];
  std::uint64_t sequence;
  std::uint64_t transaction;
  std::uint32_t page_size;
  std::uint32_t clean;
  char boot_id[boot_id_size];
  std::int64_t offset;
  std::int64_t last_wall;
  std::int64_t last_store;
  char metas[2][meta_size];
  std::uint64_t checksum;
};
static_assert(sizeof(Slot) <= slot_distance);
static_assert(2 * slot_distance == CheckpointFile::file_size);
static_assert(std::is_trivially_copyable_v<Slot>);

std::uint64_t checksum_of(const Slot& slot) {
  return store::fnv1a({reinterpret_cast<const char*>(&slot), offsetof(Slot, checksum)});
}

Slot slot_of(const Checkpoint& checkpoint) {
  Slot slot{};
  std::memcpy(slot.magic, magic, sizeof magic);
  slot.sequence = checkpoint.sequence;
  slot.transaction = checkpoint.transaction;
  slot.page_size = checkpoint.page_size;
  slot.clean = checkpoint.clean ? 1 : 0;
  const store::Timeline& timeline = checkpoint.timeline;
  timeline.boot_id.copy(slot.boot_id, boot_id_size - 1);
  slot.offset = timeline.offset.count();
  slot.last_wall = timeline.last_wall.time_since_epoch().count();
  slot.last_store = timeline.last_store.time_since_epoch().count();
  for (std::size_t i = 0; i < 2; ++i) {
    std::memcpy(slot.metas[i], checkpoint.metas[i].data(), meta_size);
  }
  slot.checksum = checksum_of(slot);
  return slot;
}

Checkpoint checkpoint_of(const Slot& slot) {
  using store::Lifetime;
  Checkpoint checkpoint;
  checkpoint.sequence = slot.sequence;
  checkpoint.transaction = slot.transaction;
  checkpoint.page_size = slot.page_size;
  checkpoint.clean = slot.clean != 0;
  checkpoint.timeline.boot_id.assign(slot.boot_id, ::strnlen(slot.boot_id, boot_id_size));
  checkpoint.timeline.offset = Lifetime(slot.offset);
  checkpoint.timeline.last_wall = store::Time(Lifetime(slot.last_wall));
  checkpoint.timeline.last_store = store::Time(Lifetime(slot.last_store));
  for (std::size_t i = 0; i < 2; ++i) {
    std::memcpy(checkpoint.metas[i].data(), slot.metas[i], meta_size);
  }
  return checkpoint;
}

// Far behind the slots; nothing is stored there.
enum class Lock : off_t { usage = off_t{1} << 30, election = (off_t{1} << 30) + 1 };

bool set_lock(int file, Lock which, int type) {
  struct flock lock {};
  lock.l_type = static_cast<short>(type);
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(which);
  lock.l_len = 1;
  return ::fcntl(file, F_OFD_SETLK, &lock) == 0;
}

}  // namespace

bool CheckpointFile::lock_alone() {
  return set_lock(file_.get(), Lock::usage, F_WRLCK);
}

bool CheckpointFile::lock_shared(std::chrono::milliseconds patience) {
  for (std::chrono::milliseconds waited{}; !set_lock(file_.get(), Lock::usage, F_RDLCK);
       waited += retry_interval) {
    if (waited >= patience) return false;
    std::this_thread::sleep_for(retry_interval);
  }
  return true;
}

bool CheckpointFile::elect() {
  return set_lock(file_.get(), Lock::election, F_WRLCK);
}

void CheckpointFile::resign() {
  set_lock(file_.get(), Lock::election, F_UNLCK);
}

bool CheckpointFile::is_other_elected() const {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(Lock::election);
  lock.l_len = 1;
  return ::fcntl(file_.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::optional<Checkpoint> CheckpointFile::read_slot(unsigned slot_number) const {
  Slot slot{};
  const auto offset = static_cast<off_t>(slot_number * slot_distance);
  if (::pread(file_.get(), &slot, sizeof slot, offset) != static_cast<ssize_t>(sizeof slot)) {
    return std::nullopt;
  }
  if (std::memcmp(slot.magic, magic, sizeof magic) != 0) return std::nullopt;
  if (slot.checksum != checksum_of(slot)) return std::nullopt;
  return checkpoint_of(slot);
}

std::optional<Checkpoint> CheckpointFile::newest() const {
  const auto first = read_slot(0);
  const auto second = read_slot(1);
  if (!first || !second) return first ? first : second;
  return first->sequence > second->sequence ? first : second;
}

int CheckpointFile::write(Checkpoint checkpoint) {
  const auto last = newest();
  checkpoint.sequence = last ? last->sequence + 1 : 1;
  const Slot slot = slot_of(checkpoint);
  // The slot of the newest is kept: sequences of slot 0 are even.
  const auto offset = static_cast<off_t>(checkpoint.sequence % 2 * slot_distance);
  const ssize_t written = ::pwrite(file_.get(), &slot, sizeof slot, offset);
  if (written < 0) return errno;
  if (written != static_cast<ssize_t>(sizeof slot)) return ENOSPC;
  return ::fdatasync(file_.get()) == 0 ? 0 : errno;
}

int CheckpointFile::clear() {
  const Slot empty{};
  for (const std::size_t slot : {std::size_t{0}, slot_distance}) {
    if (::pwrite(file_.get(), &empty, sizeof empty, static_cast<off_t>(slot)) < 0) return errno;
  }
  return ::fdatasync(file_.get()) == 0 ? 0 : errno;
}

}  // namespace postern::io::lmdb
