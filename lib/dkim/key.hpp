// DKIM key records, and which of those at a name a signature may use (RFC 6376 §3.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/authres/result.hpp"
#include "lib/base/result.hpp"
#include "lib/dkim/crypto.hpp"
#include "lib/dkim/limits.hpp"
#include "lib/dns/answers.hpp"

namespace postern::dkim {

/// An exponent above 2^32 + 1 makes verifying cost hundreds of times as much and has no use.
inline constexpr std::uint64_t max_rsa_exponent = (std::uint64_t{1} << 32) + 1;

/// One key record whose text is right.
struct KeyRecord {
  PublicKey key;                  ///< Empty when revoked.
  unsigned bits = 0;              ///< Of the RSA modulus; 256 for Ed25519.
  bool revoked = false;           ///< p= is empty.
  bool allows_sha256 = true;      ///< h= is absent or names sha256.
  bool allows_email = true;       ///< s= is absent or names email or "*".
  bool testing = false;           ///< t=y.
  bool same_domain_only = false;  ///< t=s: the domain of i= must be d= itself.
};

/// Reads a key record. RSA keys of any size come back; choose_key judges the size.
///
/// \param text  From any peer's DNS.
/// \return An error for bad syntax, v= that is not first or not DKIM1, an unknown k=, a p= that is
///         missing or no key of that type, an RSA exponent that is even, below 3, or above
///         max_rsa_exponent, and an even modulus.
[[nodiscard]] Parsed<KeyRecord> parse_key_record(std::string_view text);

/// The key for one signature, or why there is none.
struct KeyChoice {
  std::optional<KeyRecord> key;  ///< Set even when it cannot be used, if there is exactly one.
  authres::Result result = authres::Result::none;  ///< none: usable. Else temperror or permerror.
  std::string reason;                              ///< Ours, for people; empty when usable.

  [[nodiscard]] bool is_usable() const { return result == authres::Result::none; }
};

/// Chooses among the TXT records at a key's name: other text is passed over, and two key records
/// are a permerror, since RFC 6376 §3.6.2.2 leaves undefined which would count. Then judges
/// whether the key may be used with `type` and SHA-256 within `limits`.
[[nodiscard]] KeyChoice choose_key(const dns::Answer& answer, PublicKey::Type type,
                                   const Limits& limits);

/// Where the key of a signature lies (RFC 6376 §3.6.2.1).
/// \return Nothing when the name is longer than DNS allows. Both parts as of dns::parse_domain.
[[nodiscard]] std::optional<dns::Question> key_question(std::string_view selector,
                                                        std::string_view domain);

}  // namespace postern::dkim
