// The learner's files: events it has accepted but not yet counted, and the messages it keeps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

/// The octets of a file: the line of an event, LF, and the message.
struct TrainingFile {
  std::string line;
  std::string message;
};
/// \return An error for text without LF.
[[nodiscard]] Expected<TrainingFile, std::string> parse_training_file(std::string text);

struct KeepLimits {
  std::uint64_t per_user = 0;  ///< Octets.
  std::uint64_t total = 0;
};

/// DIRECTORY/incoming has events on their way into the ledger, DIRECTORY/messages/USER/HASH what is
/// kept. A message is in one of the two, always whole: files are written aside, synced, and
/// renamed.
class LearnerDirectory {
 public:
  /// \param lock  The learner makes what is missing, and locks it: one at a time has it. Commands
  ///              touch single messages only, beside a learner that may run, and make nothing.
  [[nodiscard]] static Expected<LearnerDirectory, std::string> open(const std::string& path,
                                                                    bool lock);

  /// Writes an event so that it survives the end of this process and a loss of power.
  /// \param name  Of the file; one that is there already is replaced.
  [[nodiscard]] Expected<void, std::string> accept(const std::string& name, std::string_view line,
                                                   std::string_view message) const;
  /// Names of accepted events, in their order; leftovers of a crash are removed.
  [[nodiscard]] std::vector<std::string> accepted() const;
  [[nodiscard]] Expected<TrainingFile, std::string> read(const std::string& name) const;
  /// Whether there is such an accepted event, readable or not.
  [[nodiscard]] bool contains(const std::string& name) const;

  /// Moves the message of an accepted event to those that are kept, in place of an older one of the
  /// same hash.
  [[nodiscard]] Expected<void, std::string> keep(const std::string& name, std::string_view user,
                                                 const std::string& hash) const;
  /// Removes an accepted event.
  void drop(const std::string& name) const;

  /// Removes the oldest messages beyond the limits. \return How many.
  [[nodiscard]] std::size_t enforce(const KeepLimits& limits) const;

  /// Paths of all messages of a user, or of all users when empty; oldest first.
  [[nodiscard]] std::vector<std::string> kept(std::string_view user) const;
  /// Writes a message among those that are kept.
  [[nodiscard]] Expected<void, std::string> store(std::string_view user, const std::string& hash,
                                                  std::string_view line,
                                                  std::string_view message) const;
  /// Removes all messages of a user. \return How many.
  [[nodiscard]] std::size_t forget(std::string_view user) const;
  /// Removes one of them. \return Whether it was there.
  bool forget(std::string_view user, const std::string& hash) const;

 private:
  LearnerDirectory(std::string path, FileDescriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  [[nodiscard]] std::string incoming(const std::string& name) const;
  [[nodiscard]] std::string directory_of(std::string_view user) const;

  std::string path_;
  FileDescriptor lock_;
};

/// A user as the name of a directory: never hidden, without "/", of bounded length.
[[nodiscard]] std::string directory_name_of(std::string_view user);

}  // namespace postern::io
