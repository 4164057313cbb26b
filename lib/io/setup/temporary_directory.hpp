// A directory below /tmp for programs that read files.
#pragma once

#include <memory>
#include <string>

namespace postern::io {

/// Only root can look into it; it is gone with all that is in it when nobody needs it any more.
class TemporaryDirectory {
 public:
  /// \return Nothing when none can be made.
  [[nodiscard]] static std::unique_ptr<TemporaryDirectory> make();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace postern::io
