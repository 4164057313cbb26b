// Signatures of OpenPGP around an update: the keys for gpgv(1), and what it says of a signature.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::antispam {

/// Whether text is there that dearmor_keys() reads, rather than octets of keys.
[[nodiscard]] bool is_armored(std::string_view text);

/// Octets of all public keys in a text with "-----BEGIN PGP PUBLIC KEY BLOCK-----" (RFC 4880 §6.2),
/// which is the form that gpgv reads. Nothing where there is none, or one is damaged.
[[nodiscard]] std::optional<std::string> dearmor_keys(std::string_view text);

struct SignatureReport {
  std::string signer;  ///< Fingerprint of the key of a good signature; empty: there is none.
  std::optional<std::int64_t> signed_at;  ///< Seconds since the epoch.
  std::string problem;                    ///< Why not, in words.
};

/// \param status  What gpgv printed for --status-fd; it ends with status 0 for a good signature
/// only.
[[nodiscard]] SignatureReport read_signature_status(std::string_view status);

}  // namespace postern::antispam
