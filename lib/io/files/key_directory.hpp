// The keys on disk: their index, keys.json, and the private keys, DOMAIN/SELECTOR.pem.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/files/secret_text.hpp"
#include "lib/keyring/index.hpp"

namespace postern::io {

inline constexpr const char* default_key_directory = "/var/lib/postern/dkim";
inline constexpr std::size_t max_key_file_size = 64 * 1024;       ///< Bytes.
inline constexpr std::chrono::seconds default_lock_patience{10};  ///< Commands take far less.

/// The right to change a key directory; one holder at a time, among all programs.
class KeyDirectoryLock {
 public:
  KeyDirectoryLock(FileDescriptor directory, FileDescriptor lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  /// The directory, open.
  [[nodiscard]] int directory() const { return directory_.get(); }

 private:
  FileDescriptor directory_;
  FileDescriptor lock_;  // flock(2) goes with it
};

/// A directory of keys. Everything in it is opened without following symbolic links, and refused
/// where others than its owner can read or write it, or where its owner is neither root, nor the
/// owner of the directory, nor this process: each such error names the file and the command that
/// mends it. Errors are "FILE: problem", fit to be shown; none quotes a key.
///
/// Changes are for the holder of the lock. They survive a crash at any moment: the index is
/// replaced whole, a key file is there before the index names it, and goes after the index has
/// forgotten it. Where root writes, what is new belongs to the owner of the directory, so that the
/// daemon can read it.
class KeyDirectory {
 public:
  explicit KeyDirectory(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string index_file() const;
  /// Where the private key of a key lies.
  [[nodiscard]] std::string key_file(const keyring::Key& key) const;

  /// The index; empty when it or the directory does not exist. Needs no lock.
  [[nodiscard]] Expected<keyring::Index, std::string> load_index() const;

  /// The text of a private key. Needs no lock.
  [[nodiscard]] Expected<SecretText, std::string> load_key(const keyring::Key& key) const;

  /// Makes the directory if it does not exist, and waits for the lock. As root, gives folders to
  /// the owner of the directory that a command killed in the middle has left as root's.
  [[nodiscard]] Expected<KeyDirectoryLock, std::string> lock(
      std::chrono::milliseconds patience = default_lock_patience) const;

  /// Replaces the index.
  [[nodiscard]] Expected<void, std::string> store_index(const KeyDirectoryLock& lock,
                                                        const keyring::Index& index) const;

  /// Writes a new private key, mode 0600; one that exists is never overwritten.
  [[nodiscard]] Expected<void, std::string> store_key(const KeyDirectoryLock& lock,
                                                      const keyring::Key& key,
                                                      std::string_view pem) const;

  /// Deletes the file of a private key and, when it was the last one, the folder of its domain. A
  /// file that does not exist is no error.
  [[nodiscard]] Expected<void, std::string> delete_key(const KeyDirectoryLock& lock,
                                                       const keyring::Key& key) const;

  /// Whether something lies where the private key belongs.
  [[nodiscard]] bool has_key_file(const keyring::Key& key) const;

  /// What changes whenever the index is replaced. Two system calls at most; cheap enough to be
  /// asked every second.
  struct Generation {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;  ///< 0: there is no index.
    std::int64_t size = 0;
    std::int64_t changed = 0;  ///< Nanoseconds since the epoch.

    bool operator==(const Generation&) const = default;
  };
  [[nodiscard]] Generation generation() const;

 private:
  const std::string path_;
};

}  // namespace postern::io
