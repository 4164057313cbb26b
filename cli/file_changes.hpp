// Files to be written or removed as one step: shown, carried out, taken back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::cli {

struct FileChange {
  std::string path;
  std::optional<std::string> before;  ///< Nothing: it is not there.
  std::optional<std::string> after;   ///< Nothing: it is to be removed.
};

class FileChanges {
 public:
  /// Reads what is there. A file that is so already is no change.
  /// \return An error where the file cannot be read, or is a symbolic link.
  [[nodiscard]] Expected<void, std::string> add(const std::string& path,
                                                std::optional<std::string> after);

  [[nodiscard]] const std::vector<FileChange>& all() const { return changes_; }
  [[nodiscard]] bool empty() const { return changes_.empty(); }

  /// As unified diffs. \return An error when they cannot be made.
  [[nodiscard]] Expected<std::string, std::string> show() const;

  /// Writes all; what was written is taken back when one cannot be, or has been changed by somebody
  /// since it was read. Directories that are missing are made, and added to `made`.
  [[nodiscard]] Expected<void, std::string> carry_out(std::vector<std::string>& made);

  /// Puts everything back that carry_out() has written. \return What could not be put back.
  [[nodiscard]] std::string take_back();

 private:
  std::vector<FileChange> changes_;
  std::size_t done_ = 0;  // so many of them are carried out
};

}  // namespace postern::cli
