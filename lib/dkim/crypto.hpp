// What DKIM and ARC need from a cryptographic library; lib/io/openssl has it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace postern::dkim {

using Digest = std::array<std::uint8_t, 32>;  ///< SHA-256.

/// A running SHA-256.
class Hasher {
 public:
  Hasher() = default;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  virtual ~Hasher() = default;

  virtual void update(std::string_view bytes) = 0;
  /// Ends the hash; the object is used up.
  virtual Digest finish() = 0;
  /// A second hash that has had the same octets and goes on by itself.
  [[nodiscard]] virtual std::unique_ptr<Hasher> clone() const = 0;
};

/// A public key as numbers, parsed and within limits (lib/dkim/key.hpp).
struct PublicKey {
  enum class Type { rsa, ed25519 };
  Type type = Type::rsa;
  std::string modulus;   ///< RSA n, big-endian without leading zeros.
  std::string exponent;  ///< RSA e, likewise.
  std::string point;     ///< Ed25519: 32 octets.

  bool operator==(const PublicKey&) const = default;
};

/// The half of a key pair that signs. Where its numbers lie, and that they are wiped, is the matter
/// of who makes it (lib/io/openssl/private_key.hpp). Callable from any thread.
class PrivateKey {
 public:
  PrivateKey() = default;
  PrivateKey(const PrivateKey&) = delete;
  PrivateKey& operator=(const PrivateKey&) = delete;
  virtual ~PrivateKey() = default;

  [[nodiscard]] virtual const PublicKey& public_key() const = 0;

  /// RSASSA-PKCS1-v1_5 over the SHA-256 digest (RFC 6376 §3.3), or PureEdDSA with the digest as
  /// message (RFC 8463 §3). Throws std::runtime_error only when the library fails.
  [[nodiscard]] virtual std::string sign(const Digest& digest) const = 0;
};

class Crypto {
 public:
  Crypto() = default;
  Crypto(const Crypto&) = delete;
  Crypto& operator=(const Crypto&) = delete;
  virtual ~Crypto() = default;

  [[nodiscard]] virtual std::unique_ptr<Hasher> sha256() const = 0;

  /// Whether `signature` is right: RSASSA-PKCS1-v1_5 over the digest (RFC 6376 §3.3), or PureEdDSA
  /// with the digest as message (RFC 8463 §3). Callable from any thread.
  [[nodiscard]] virtual bool verify(const PublicKey& key, const Digest& digest,
                                    std::string_view signature) const = 0;
};

}  // namespace postern::dkim
