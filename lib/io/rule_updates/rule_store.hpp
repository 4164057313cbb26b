// The directory of updated rules: one folder for each state, and the link "current" to that in use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/update/archive.hpp"
#include "lib/antispam/update/history.hpp"
#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

inline constexpr const char* default_rule_store = "/var/lib/postern/rules";
inline constexpr std::size_t kept_rule_states = 2;  ///< Old ones beside that in use.

/// The version of a channel that is in use; nothing when it never was updated.
[[nodiscard]] std::optional<std::uint64_t> installed_version(const std::string& directory,
                                                             std::string_view channel);

/// What was in use, or "FILE: line N: problem".
[[nodiscard]] Expected<antispam::RuleHistory, std::string> read_rule_history(
    const std::string& directory);

/// The right to change the directory; one holder at a time, among all programs. Whoever reads the
/// rules sees the old state or the new one, also after a crash at any moment.
///
/// A folder has the form of sa-update's directory: FOLDER.cf and FOLDER.pre of each channel, which
/// include the files in FOLDER and bear the time at which these were signed. It is never changed
/// once it is there. The file "history" says what was in use.
class RuleStore {
 public:
  /// Makes the directory if it does not exist, takes the lock, and removes what a run that was
  /// killed has left. Not for root in a directory of somebody else, who could lead root anywhere.
  [[nodiscard]] static Expected<RuleStore, std::string> open(const std::string& directory);
  RuleStore(RuleStore&& other) noexcept = default;
  RuleStore(const RuleStore&) = delete;
  RuleStore& operator=(const RuleStore&) = delete;
  RuleStore& operator=(RuleStore&&) = delete;
  ~RuleStore();

  /// Writes a new state, not yet in use: all channels of the present one, with this one new.
  /// \return Its folder. What stage() wrote before is gone.
  [[nodiscard]] Expected<std::string, std::string> stage(
      const antispam::UsedState& state, const std::vector<antispam::UpdateFile>& files);

  /// Puts what stage() wrote in use, which is remembered, and removes states that are too old.
  /// \return Its folder.
  [[nodiscard]] Expected<std::string, std::string> activate(const antispam::UsedState& state);

 private:
  RuleStore(std::string directory, FileDescriptor lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}
  [[nodiscard]] Expected<void, std::string> fill(const antispam::UsedState& state,
                                                 const std::vector<antispam::UpdateFile>& files);
  [[nodiscard]] Expected<void, std::string> remember(const antispam::UsedState& state) const;
  [[nodiscard]] Expected<void, std::string> switch_to(const std::string& name) const;
  [[nodiscard]] std::string staged() const;
  [[nodiscard]] std::string free_name(std::uint64_t version) const;
  void remove_old(const std::string& in_use) const;

  std::string directory_;
  FileDescriptor lock_;  // flock(2) goes with it
};

}  // namespace postern::io
