// The private keys that sign, loaded: what the daemon holds, and replaces when the index changes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/dkim/signing_key.hpp"
#include "lib/io/files/key_directory.hpp"
#include "lib/keyring/index.hpp"

namespace postern::io {

/// Immutable; shared by all threads. Whoever still signs with an old one keeps it alive.
class KeyRing final : public dkim::KeySource {
 public:
  /// Reads the index and every active key. A key that cannot be used is left out and becomes one of
  /// problems(); the others sign.
  /// \param before  The ring so far, or nullptr: a key whose file says the same still is taken from
  ///                it, so that memory for private keys holds it once. All files are read and their
  ///                modes checked all the same.
  /// \return An error only when there is no telling which keys there are: the caller keeps the ring
  ///         it has.
  [[nodiscard]] static Expected<std::shared_ptr<const KeyRing>, std::string> load(
      const KeyDirectory& directory, const KeyRing* before = nullptr);

  /// For a start without a readable index: every domain may have keys that cannot be used.
  [[nodiscard]] static std::shared_ptr<const KeyRing> unreadable(const std::string& problem);

  [[nodiscard]] std::vector<dkim::SigningKey> keys_for(std::string_view author_domain,
                                                       bool allow_parents) const override;
  [[nodiscard]] dkim::NoKey why_none(std::string_view author_domain,
                                     bool allow_parents) const override;
  [[nodiscard]] std::vector<std::string> domains() const override;

  /// "FILE: problem and remedy", one for each active key that cannot be used; but one for all that
  /// do not fit into memory.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  /// The active keys that can be used.
  [[nodiscard]] const keyring::Index& usable() const { return usable_; }
  /// Whether no mail can be signed, nor lack a signature that it should have.
  [[nodiscard]] bool is_empty() const { return usable_.keys().empty() && troubles_.empty(); }
  /// Of the index that was read: when the directory's is another, it is time to load again.
  [[nodiscard]] const KeyDirectory::Generation& generation() const { return generation_; }

 private:
  // A private key and the SHA-256 of the file it came from.
  struct Loaded {
    std::shared_ptr<const dkim::PrivateKey> key;
    dkim::Digest file_digest{};
  };

  KeyRing() = default;
  void add(const KeyDirectory& directory, const keyring::Key& key, const KeyRing* before);
  Expected<Loaded, std::string> load_key(const KeyDirectory& directory, const keyring::Key& key,
                                         const KeyRing* before);
  [[nodiscard]] const Loaded* find(const keyring::Key& key) const;
  void report_full_memory();

  keyring::Index usable_;
  std::vector<Loaded> private_keys_;  // as in usable_.keys()
  std::vector<std::string> problems_;
  // Of domains some of whose keys do not sign; of the active ones that cannot, the last problem.
  std::map<std::string, dkim::NoKey, std::less<>> troubles_;
  std::string unreadable_;          // why nothing is known
  std::size_t without_memory_ = 0;  // active keys that did not fit
  KeyDirectory::Generation generation_;
};

}  // namespace postern::io
