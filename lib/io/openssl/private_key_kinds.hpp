// The two kinds of private keys of DKIM, ready for signing.
#pragma once

#include <memory>

#include "lib/dkim/crypto.hpp"
#include "lib/io/openssl/handles.hpp"
#include "lib/io/openssl/private_key_text.hpp"

namespace postern::io {

/// Octets of an Ed25519 seed, and of the public key too (RFC 8032 §5.1.5).
inline constexpr std::size_t ed25519_key_size = 32;

/// The public half. Throws std::runtime_error when the library does not tell it.
/// \param key  RSA or Ed25519.
[[nodiscard]] dkim::PublicKey read_public_key(const EVP_PKEY* key);

/// \param key  RSA with all its numbers, of which the private ones are where the caller had
///             OpenSSL read them to. Throws std::runtime_error when the library refuses it.
[[nodiscard]] std::shared_ptr<const dkim::PrivateKey> make_rsa_key(Key key);

/// OpenSSL 3.0 keeps an Ed25519 key that it did not decode itself in its ordinary heap, and what
/// decodes it leaves a copy there. So we keep the seed, and OpenSSL gets it for the time of a
/// signature; its copy is wiped after it.
///
/// \param seed  ed25519_key_size octets. Throws std::runtime_error when the library refuses it.
[[nodiscard]] std::shared_ptr<const dkim::PrivateKey> make_ed25519_key(SecretBytes seed);

}  // namespace postern::io
