// How much of the files it maps a process holds in memory.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/io/files/file_descriptor.hpp"

namespace postern::io::lmdb {

/// May be used from any thread.
class ResidentPages {
 public:
  ResidentPages();

  /// Bytes of this process that are pages of files, libraries among them; nothing when the kernel
  /// does not tell (/proc is not mounted).
  [[nodiscard]] std::optional<std::uint64_t> of_files() const;

 private:
  FileDescriptor statm_;
  std::uint64_t page_size_ = 0;
};

}  // namespace postern::io::lmdb
