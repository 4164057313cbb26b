// Where events wait while the learner is away: small files in a directory of each user id.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io {

struct SpoolLimits {
  std::size_t files = 1000;
  std::uint64_t bytes = 64 * 1024 * 1024;
};

/// A file in the spool that the learner does not see before keep(), and that goes if nobody keeps
/// it.
class SpoolFile {
 public:
  SpoolFile(std::string directory, std::string name)
      : directory_(std::move(directory)), name_(std::move(name)) {}
  SpoolFile(SpoolFile&& other) noexcept;
  SpoolFile& operator=(SpoolFile&& other) noexcept;
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile();

  /// \return Whether it is there for the learner now.
  [[nodiscard]] bool keep();

 private:
  [[nodiscard]] std::string hidden() const { return directory_ + "/." + name_; }
  void drop() noexcept;

  std::string directory_;
  std::string name_;  // empty: kept, or moved from
};

/// The part of a spool that the user id of this process writes: DIRECTORY/UID, for itself and the
/// group of DIRECTORY. The operator makes DIRECTORY, mode 3773 (set-group-id and sticky): anybody
/// may make a directory of his own there, nobody can list or replace those of others, and the
/// group, the learner's, can read and empty them all.
class Spool {
 public:
  Spool(std::string directory, SpoolLimits limits);

  /// Writes one event.
  /// \param name  The id of the event; files are read in the order of their names.
  /// \return The file, or why there is no room or no way for it.
  [[nodiscard]] Expected<SpoolFile, std::string> write(const std::string& name,
                                                       std::string_view line,
                                                       std::string_view message);

 private:
  [[nodiscard]] Expected<void, std::string> make_directory() const;
  void count_files();

  std::string parent_;
  std::string directory_;
  SpoolLimits limits_;
  std::size_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::chrono::steady_clock::time_point counted_{};
};

}  // namespace postern::io
