// Makes checkpoints: what is on disk after a loss of power is then a state of the store, whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "lib/io/lmdb/checkpoint_file.hpp"
#include "lib/io/lmdb/environment.hpp"
#include "lib/io/lmdb/freed_pages.hpp"

namespace postern::io::lmdb {

/// Commits are not synced, so after a loss of power any of the pages written lately may be missing,
/// in any order. But LMDB never writes into a page that a reader can see. A checkpoint
///
/// 1. begins a read transaction, which pins all pages of the state it sees, and takes a copy of
/// both
///    meta pages, holding the lock of writers;
/// 2. syncs the file: now all pages of that state are on disk, and stay as they are;
/// 3. writes the meta pages into the checkpoint file, and syncs that;
/// 4. ends the read transaction of the checkpoint before.
///
/// So at any moment the pages of the checkpoint that is in the file are on disk, unchanged. After a
/// loss of power its meta pages are put back.
///
/// The pins go when the process that holds them ends. Therefore every writer, holding the lock of
/// writers, first asks whether some process is elected to make checkpoints; if none is, it becomes
/// that one, and makes a checkpoint before it writes.
class Checkpointer {
 public:
  /// All are used until the end. \param data  The store file, for reading.
  Checkpointer(CheckpointFile& file, Environment& environment, int data)
      : file_(file), environment_(environment), data_(data), freed_(environment) {}
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  ~Checkpointer();

  /// For a write transaction that has begun and not written: makes sure that there are checkpoints.
  /// \return A code; 0: write.
  [[nodiscard]] int ensure(const store::Timeline& timeline);

  /// Makes a checkpoint, if this process is elected, or can be, and there is something new.
  /// Waits for the writer, and for the disk. \return A code.
  [[nodiscard]] int checkpoint(const store::Timeline& timeline);

  /// Makes the last one, and goes. \param last  Whether nobody else uses the file.
  void close(const store::Timeline& timeline, bool last);

  [[nodiscard]] bool is_elected() const { return elected_; }
  /// About how many pages were written since the last checkpoint, of which none, and none of those
  /// they replace, can be used again before the next.
  [[nodiscard]] std::uint64_t pages_written();
  /// Whether anything was.
  [[nodiscard]] bool is_dirty() const;

 private:
  // A state that a read transaction keeps in place.
  struct Pin {
    MDB_txn* reader = nullptr;
    Checkpoint checkpoint;
    std::uint64_t last_page = 0;
  };
  // Step 1; the caller holds the lock of writers.
  [[nodiscard]] int pin(Pin& pin, const store::Timeline& timeline) const;
  // Steps 2 to 4. Takes over the reader.
  [[nodiscard]] int secure(Pin& pin);
  [[nodiscard]] int read_metas(Checkpoint& checkpoint) const;
  void unpin();

  CheckpointFile& file_;
  Environment& environment_;
  const int data_;
  FreedPages freed_;
  std::atomic<bool> elected_ = false;           // changed by who holds the lock of writers
  std::atomic<std::uint64_t> transaction_ = 0;  // of the last checkpoint
  std::atomic<std::uint64_t> last_page_ = 0;    // of the file, then
  std::mutex securing_;                         // who has it never waits for the lock of writers
  MDB_txn* pinned_ = nullptr;                   // of the last checkpoint; under securing_
};

}  // namespace postern::io::lmdb
