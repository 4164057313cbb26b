// Private keys of DKIM: reading, making, and where they lie in memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/dkim/crypto.hpp"

namespace postern::io {

/// RSA keys of other sizes are refused: smaller ones verifiers do not accept (RFC 8301 §3.2),
/// larger ones need not be accepted, and their record does not fit into one DNS answer.
inline constexpr unsigned min_rsa_key_bits = 1024;
inline constexpr unsigned max_rsa_key_bits = 4096;

/// Text of a key that is larger, in octets, is not looked at; the largest key has 3.3 KB.
inline constexpr std::size_t max_private_key_text = 64 * 1024;

/// Gives OpenSSL its secure heap: the private numbers of keys that are read afterwards lie in
/// memory that is locked, left out of core dumps, and wiped when it is given back. To be called
/// once, before the first key; further calls do nothing. Throws std::runtime_error when there is no
/// memory.
///
/// What it cannot do: at the first signature OpenSSL copies the primes of an RSA key into a
/// Montgomery context in its ordinary heap, where they stay until the key goes and are wiped then.
/// The service manager must keep these out of swap and core dumps.
///
/// \return Whether the memory could be locked; it cannot where RLIMIT_MEMLOCK is too small.
bool lock_key_memory();

/// Reads a private key: PEM of PKCS#8 or PKCS#1, or base64 of PKCS#8, of PKCS#1, or of an Ed25519
/// seed as rspamd writes them (32 octets, or 64 with the public key behind it). Text round a PEM
/// block is passed over. A trial signature shows that the numbers belong together.
///
/// \param text  From a file of the operator. Copies that are made of it are wiped.
/// \return The key; or what is wrong, as the rest of a sentence about the file ("is encrypted with
///         a passphrase..."), without a final stop. Never quotes the text.
[[nodiscard]] Expected<std::shared_ptr<const dkim::PrivateKey>, std::string> parse_private_key(
    std::string_view text);

/// A key pair that is not yet in any file. Wiped when it goes; not copyable.
struct NewPrivateKey {
  NewPrivateKey() = default;
  NewPrivateKey(NewPrivateKey&& other) noexcept = default;
  NewPrivateKey& operator=(NewPrivateKey&& other) noexcept;
  NewPrivateKey(const NewPrivateKey&) = delete;
  NewPrivateKey& operator=(const NewPrivateKey&) = delete;
  ~NewPrivateKey();

  std::string pem;  ///< PKCS#8.
  dkim::PublicKey public_key;
};

/// Makes a key pair from OpenSSL's random numbers.
///
/// \param rsa_bits  Of an RSA key, within the limits above; else std::invalid_argument is thrown.
/// Throws std::runtime_error when the library fails.
[[nodiscard]] NewPrivateKey generate_private_key(dkim::PublicKey::Type type,
                                                 unsigned rsa_bits = 2048);

}  // namespace postern::io
