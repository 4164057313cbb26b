// The file beside the store file: which state of it is on disk for certain, and the locks of those
// who use it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/lmdb/page_check.hpp"
#include "lib/store/timeline.hpp"

namespace postern::io::lmdb {

/// A state of the store file whose pages are all on disk. Its two meta pages, put back, make the
/// file be in that state again.
struct Checkpoint {
  std::uint64_t sequence = 0;     ///< The higher, the later.
  std::uint64_t transaction = 0;  ///< Of the state.
  std::uint32_t page_size = 0;
  bool clean = false;  ///< Everything was on disk, and nobody has used the file since.
  store::Timeline timeline;
  std::array<std::array<char, meta_size>, 2> metas{};
};

/// Two slots, written in turns in their place, so that one is whole at any time, and no new room on
/// the disk is needed. The locks belong to the open file, and are given back by the system when a
/// process ends. One thread at a time, except where said.
class CheckpointFile {
 public:
  static constexpr std::size_t file_size = 8192;  ///< Octets.

  explicit CheckpointFile(FileDescriptor file) : file_(std::move(file)) {}

  /// Takes the right to use the store file alone, without waiting.
  [[nodiscard]] bool lock_alone();
  /// Takes, or goes back to, the right to use it together with others.
  [[nodiscard]] bool lock_shared(std::chrono::milliseconds patience);

  /// Becomes the one process that makes checkpoints, without waiting.
  [[nodiscard]] bool elect();
  void resign();
  /// Whether another process makes checkpoints. Any thread may ask.
  [[nodiscard]] bool is_other_elected() const;

  /// nullopt: there is none that is whole.
  [[nodiscard]] std::optional<Checkpoint> newest() const;
  /// Writes a checkpoint behind the newest, and waits until it is on disk. Its sequence is set
  /// here. \return An errno, or 0.
  [[nodiscard]] int write(Checkpoint checkpoint);
  /// Forgets all checkpoints: the store file is another one now.
  [[nodiscard]] int clear();

 private:
  [[nodiscard]] std::optional<Checkpoint> read_slot(unsigned slot) const;

  const FileDescriptor file_;
};

}  // namespace postern::io::lmdb
