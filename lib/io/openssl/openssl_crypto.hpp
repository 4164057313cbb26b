// Hashes and signatures of DKIM and ARC on OpenSSL 3 (EVP).
#pragma once

#include <cstddef>
#include <memory>

#include "lib/dkim/crypto.hpp"

namespace postern::io {

/// Builds each public key once and keeps the most recently used ones: a key from its numbers costs
/// a quarter of a verification. All members may be called from any thread.
class OpensslCrypto final : public dkim::Crypto {
 public:
  static constexpr std::size_t default_cached_keys = 256;

  /// \param cached_keys  How many public keys are kept, at least 1.
  /// Throws std::runtime_error when the library has no SHA-256.
  explicit OpensslCrypto(std::size_t cached_keys = default_cached_keys);
  ~OpensslCrypto() override;
  OpensslCrypto(const OpensslCrypto&) = delete;
  OpensslCrypto& operator=(const OpensslCrypto&) = delete;

  /// Throws std::bad_alloc when the library has no memory.
  [[nodiscard]] std::unique_ptr<dkim::Hasher> sha256() const override;

  /// False too for a key that OpenSSL does not accept.
  [[nodiscard]] bool verify(const dkim::PublicKey& key, const dkim::Digest& digest,
                            std::string_view signature) const override;

  /// Keys kept now, at most as many as the constructor was told.
  [[nodiscard]] std::size_t cached_keys() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::io
