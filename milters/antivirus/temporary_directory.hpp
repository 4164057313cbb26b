// Where scanning processes unpack: a directory of this daemon alone, gone when it ends.
#pragma once

#include <string>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::avscan {

class TemporaryDirectory {
 public:
  /// Makes a directory below `parent`, and removes those that daemons of the same user have left
  /// there when they were killed.
  [[nodiscard]] static Expected<TemporaryDirectory, std::string> make(const std::string& parent);

  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  TemporaryDirectory(std::string path, io::FileDescriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  io::FileDescriptor lock_;  // held as long as the daemon lives
};

}  // namespace postern::avscan
