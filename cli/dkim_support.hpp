// What every "postern dkim" command needs: the key directory, the clock, DNS, and a way to change.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/dkim_options.hpp"
#include "lib/checks/configuration.hpp"
#include "lib/io/files/key_directory.hpp"
#include "lib/io/resolver/resolver.hpp"
#include "lib/keyring/index.hpp"

namespace postern::cli {

struct DkimSurroundings {
  io::KeyDirectory directory;
  std::string domain;    ///< In the form of dns::parse_domain; empty when none was given.
  std::int64_t now = 0;  ///< Seconds since the epoch.
  config::Document document;
};

/// Finds the key directory, and reads the domain. \return An error fit to be shown.
[[nodiscard]] Expected<DkimSurroundings, std::string> prepare(const DkimOptions& options);

/// Asks DNS, or the zone file. \return An error only when it cannot be asked at all.
[[nodiscard]] Expected<dns::Answers, std::string> ask_dns(const DkimOptions& options,
                                                          const DkimSurroundings& surroundings,
                                                          const dns::Questions& questions);

/// A change of the key directory: all of it happens at commit(), or nothing.
class KeyChange {
 public:
  /// Waits for the lock and reads the index.
  [[nodiscard]] static Expected<std::unique_ptr<KeyChange>, std::string> begin(
      const DkimSurroundings& surroundings);

  KeyChange(const KeyChange&) = delete;
  KeyChange& operator=(const KeyChange&) = delete;
  /// Without commit(), deletes the private keys that were made.
  ~KeyChange();

  [[nodiscard]] keyring::Index& index() { return index_; }

  /// Makes a key pair, writes the private key, and adds the key to the index as pending.
  /// \param selector  Empty: one made of the date.
  [[nodiscard]] Expected<keyring::Key, std::string> make_key(const std::string& domain,
                                                             dkim::PublicKey::Type type,
                                                             const std::string& selector,
                                                             unsigned rsa_bits);

  /// Writes a private key that is there already, and adds the key to the index.
  [[nodiscard]] Expected<void, std::string> add_key(const keyring::Key& key, std::string_view text);

  /// Notes that the private key shall be deleted.
  void doom(const keyring::Key& key) { doomed_.push_back(key); }

  /// Writes the index if it has changed, and then deletes what is doomed.
  [[nodiscard]] Expected<void, std::string> commit();

 private:
  KeyChange(const io::KeyDirectory& directory, std::int64_t now, io::KeyDirectoryLock lock,
            keyring::Index index)
      : directory_(directory),
        now_(now),
        lock_(std::move(lock)),
        before_(index),
        index_(std::move(index)) {}

  const io::KeyDirectory& directory_;
  const std::int64_t now_;
  const io::KeyDirectoryLock lock_;
  const keyring::Index before_;
  keyring::Index index_;
  std::vector<keyring::Key> made_;
  std::vector<keyring::Key> doomed_;
  bool committed_ = false;
};

/// "20261122r (rsa, 2048 bits)".
[[nodiscard]] std::string describe(const keyring::Key& key);
/// A key as an object of "postern dkim list --json".
[[nodiscard]] nlohmann::ordered_json to_json(const keyring::Key& key);
/// Prints {"NAME": [keys]} on one line.
void print_json(const char* name, const std::vector<keyring::Key>& keys);
/// Prints records in zone-file form, and how to get other forms.
void print_records(const std::vector<keyring::Key>& keys);

/// What to do once a new record is published.
inline constexpr const char* next_step_text =
    "Each key signs when DNS has answered its record for an hour, of which two runs at least an "
    "hour apart have to make sure: postern dkim rotate --auto";

}  // namespace postern::cli
