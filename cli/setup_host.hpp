// This host as setup, leave, enforce, and observe see it: what was changed, and what runs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/file_changes.hpp"
#include "cli/setup_options.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/setup/postfix_files.hpp"
#include "lib/io/site/site.hpp"
#include "lib/setup/ledger.hpp"

namespace postern::cli {

/// Names of the drop-ins that setup and enforce write.
inline constexpr const char* setup_drop_in = "50-setup.toml";
inline constexpr const char* enforce_drop_in = "60-enforce.toml";

/// \return Nothing where there is no ledger; an error that names the file and what is wrong.
[[nodiscard]] Expected<std::optional<setup::Ledger>, std::string> read_ledger(
    const std::string& file);

/// The ledger on disk, for one command at a time.
class LedgerFile {
 public:
  /// Makes the directory, and waits for nobody: a second command at the same time is an error.
  [[nodiscard]] static Expected<LedgerFile, std::string> open(const std::string& directory);

  setup::Ledger ledger;
  [[nodiscard]] bool is_new() const { return is_new_; }
  [[nodiscard]] const std::string& path() const { return file_; }
  /// \return An error also when it would be larger than what is read again.
  [[nodiscard]] Expected<void, std::string> save() const;
  /// Setup has changed nothing any more.
  [[nodiscard]] Expected<void, std::string> remove() const;

 private:
  std::string file_;
  io::FileDescriptor lock_;
  bool is_new_ = true;
};

/// What every command that changes the system begins with: root, the transcript, the ledger under
/// its lock, and nothing left of a run that was killed while it wrote.
/// \param change  Does the rest. \return Its exit status, or 1.
[[nodiscard]] int change_system(const SetupPlaces& places,
                                const std::function<int(Transcript&, LedgerFile&)>& change);

/// Postfix's two files, as they are.
struct PostfixNow {
  std::string directory;
  setup::PostfixFound found;
  io::PostfixTexts texts;
};
[[nodiscard]] Expected<PostfixNow, std::string> read_postfix_now(const std::string& directory);

/// Adds what the two files shall be to the changes.
[[nodiscard]] Expected<void, std::string> add_postfix(const PostfixNow& now,
                                                      const io::PostfixTexts& texts,
                                                      FileChanges& changes);

/// The folder of drop-ins beside the configuration file.
[[nodiscard]] std::string drop_in_folder(const std::string& config_file);

/// The sockets of our configuration, for Postfix.
[[nodiscard]] setup::PostfixWish wish_of(const io::Site& site, bool has_milter, bool has_policy,
                                         bool asks_tls_policy);

/// Whether anything that the milter decides is carried out.
[[nodiscard]] bool milter_enforces(const io::Site& site);

/// "postfix check" and, if Postfix runs, a reload.
[[nodiscard]] Expected<void, std::string> have_postfix_read(const std::string& directory);
/// Likewise by doveconf and doveadm.
[[nodiscard]] Expected<void, std::string> have_dovecot_read(const std::string& file);

/// Waits until milter and policy daemon answer; each that does not is started, or reloaded if it is
/// to read a changed configuration. \return What does not answer, and why.
[[nodiscard]] Expected<void, std::string> start_daemons(const io::Site& site,
                                                        const std::vector<std::string>& names);
[[nodiscard]] Expected<void, std::string> reload_daemons(const std::vector<std::string>& names);

/// Root, or an error that says so.
[[nodiscard]] Expected<void, std::string> require_root();

}  // namespace postern::cli
