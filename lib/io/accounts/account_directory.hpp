// The accounts on disk: what Dovecot reads (users, app-passwords), what Postfix reads (aliases,
// domains, mailboxes, senders), and the version of it all (format).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "lib/accounts/accounts.hpp"
#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

inline constexpr const char* default_account_directory = "/var/lib/postern/accounts";
inline constexpr unsigned account_format = 1;  ///< What the file "format" says.

/// The right to change an account directory; one holder at a time, among all programs.
class AccountLock {
 public:
  AccountLock(FileDescriptor directory, FileDescriptor lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  /// The directory, open.
  [[nodiscard]] int directory() const { return directory_.get(); }

 private:
  FileDescriptor directory_;
  FileDescriptor lock_;  // flock(2) goes with it
};

/// A directory of accounts. Without the file "format" the accounts of this host are kept by
/// somebody else, and nothing is read or written. Errors are "FILE: problem", or with a line
/// "FILE:LINE: problem", fit to be shown; none quotes a password.
class AccountDirectory {
 public:
  explicit AccountDirectory(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }

  /// Makes the directory and those of its files that do not exist, the format last.
  /// \param dovecot_group  Who may read the hashes of passwords besides the owner.
  [[nodiscard]] Expected<void, std::string> create(gid_t dovecot_group) const;

  /// Needs no lock.
  [[nodiscard]] Expected<accounts::Accounts, std::string> load() const;

  /// Waits for the lock.
  [[nodiscard]] Expected<AccountLock, std::string> lock(std::chrono::milliseconds patience) const;

  /// Writes those files that would have another content, also of the tables that follow from
  /// accounts: so it ends what a command killed in the middle has begun.
  ///
  /// Their order is that no state between is a danger: an alias goes before its account, and an
  /// app password before its account, since Postfix asks for nothing but a password.
  [[nodiscard]] Expected<void, std::string> store(const AccountLock& lock,
                                                  const accounts::Accounts& accounts) const;

  /// Whether Postfix may have read tables older than those there are. Stays until note_reloaded(),
  /// whatever becomes of this process.
  [[nodiscard]] bool is_reload_due(const AccountLock& lock) const;
  void note_reloaded(const AccountLock& lock) const;

 private:
  const std::string path_;
};

}  // namespace postern::io
