// A private key together with the name under which its record is published.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dkim/crypto.hpp"

namespace postern::dkim {

/// Who signs. Both names as A-labels in the form of dns::parse_domain; the domain has a dot.
struct SigningKey {
  std::string domain;                     ///< d=
  std::string selector;                   ///< s=
  std::shared_ptr<const PrivateKey> key;  ///< Never nullptr.
};

/// Why keys_for() names no key.
struct NoKey {
  /// A key should sign and cannot: its file is gone, damaged, open to others. Otherwise nobody has
  /// let a key sign: there is none, or it is pending or retired.
  bool is_fault = false;
  std::string reason;  ///< Names the domain, of a fault its file too; for people, never for peers.
};

/// Who has keys. All members may be called from any thread.
class KeySource {
 public:
  KeySource() = default;
  KeySource(const KeySource&) = delete;
  KeySource& operator=(const KeySource&) = delete;
  virtual ~KeySource() = default;

  /// The keys that sign mail of that author: of the domain itself or, if allowed, of the nearest
  /// domain above it; one of each type at most.
  /// \param author_domain  In the form of dns::parse_domain.
  [[nodiscard]] virtual std::vector<SigningKey> keys_for(std::string_view author_domain,
                                                         bool allow_parents) const = 0;
  /// Why the same question to keys_for() gave nothing.
  [[nodiscard]] virtual NoKey why_none(std::string_view author_domain,
                                       bool allow_parents) const = 0;
  /// The domains that have keys which sign, or should, each once.
  [[nodiscard]] virtual std::vector<std::string> domains() const = 0;
};

}  // namespace postern::dkim
