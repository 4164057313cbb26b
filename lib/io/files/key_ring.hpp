// The private keys that sign, loaded: what the daemon holds, and replaces when the index changes.
#pragma once

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
  /// \return An error only when there is no telling which keys there are: the caller keeps the ring
  ///         it has.
  [[nodiscard]] static Expected<std::shared_ptr<const KeyRing>, std::string> load(
      const KeyDirectory& directory);

  [[nodiscard]] std::vector<dkim::SigningKey> keys_for(std::string_view author_domain,
                                                       bool allow_parents) const override;
  [[nodiscard]] std::vector<std::string> domains() const override;

  /// "FILE: problem and remedy", one for each active key that cannot be used.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  /// The active keys that can be used.
  [[nodiscard]] const keyring::Index& usable() const { return usable_; }
  /// Of the index that was read: when the directory's is another, it is time to load again.
  [[nodiscard]] const KeyDirectory::Generation& generation() const { return generation_; }

 private:
  KeyRing() = default;
  void add(const KeyDirectory& directory, const keyring::Key& key);

  keyring::Index usable_;
  std::vector<std::shared_ptr<const dkim::PrivateKey>> private_keys_;  // as in usable_.keys()
  std::vector<std::string> problems_;
  KeyDirectory::Generation generation_;
};

}  // namespace postern::io
