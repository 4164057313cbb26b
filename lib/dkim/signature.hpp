// DKIM signatures as values: parsing and formatting of the DKIM-Signature field (RFC 6376 §3.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dkim/body_hasher.hpp"
#include "lib/dkim/crypto.hpp"
#include "lib/dkim/tag_list.hpp"

namespace postern::dkim {

/// U-label domain to A-labels, lower case (RFC 5890 §2.3.2.1), or nothing if it is none. ASCII
/// names pass through it too. lib/io/idn2 has the real one.
using ToAsciiDomain = std::optional<std::string> (*)(std::string_view);

/// What t= and x= hold when they have more than 12 digits (RFC 6376 §3.5).
inline constexpr std::int64_t endless_time = std::numeric_limits<std::int64_t>::max();

/// What a DKIM-Signature or an ARC-Message-Signature says.
struct Signature {
  PublicKey::Type key_type = PublicKey::Type::rsa;  ///< From a=; the hash is always SHA-256.
  std::string algorithm;  ///< a= if it is a token in lower case, supported or not.
  Canonicalization header_canonicalization = Canonicalization::simple;
  Canonicalization body_canonicalization = Canonicalization::simple;
  std::string domain;    ///< d= as A-labels in the form of dns::parse_name.
  std::string selector;  ///< s=, likewise.
  std::string agent_id;  ///< i= with its domain like d=, or "@" + domain. Local part is peer text.
  std::vector<std::string> signed_names;  ///< h= in lower case and in its order.
  Digest body_hash{};                     ///< bh=.
  std::string value;                      ///< b=, decoded.
  std::string value_prefix;               ///< First eight base64 characters of b= (RFC 6008 §4).
  std::optional<std::uint64_t>
      body_length;                         ///< l=; more than 19 digits count as the largest value.
  std::optional<std::int64_t> timestamp;   ///< t=, seconds since the epoch.
  std::optional<std::int64_t> expiration;  ///< x=, likewise.
  std::size_t value_begin = 0;             ///< Offsets in the field body of what b= holds,
  std::size_t value_end = 0;               ///< with all white space round it.

  /// Whether i= names the domain of d= itself, not one below it.
  [[nodiscard]] bool agent_is_domain() const;
};

/// One field as far as it could be read.
struct SignatureField {
  Signature signature;       ///< Members read before the problem was met are set.
  std::string_view problem;  ///< A literal; empty for a signature that may be verified.
};

/// Reads the body of a DKIM-Signature field.
///
/// \param body      From any sender, folded or not.
/// \param to_ascii  For the domains in d=, s=, and i= (RFC 8616 §4).
/// \return A problem for anything but a well-formed rsa-sha256 or ed25519-sha256 signature of
///         version 1 whose h= names From, whose i= lies within d=, and whose x= is after t=.
[[nodiscard]] SignatureField parse_signature(std::string_view body, ToAsciiDomain to_ascii);

/// Writes a signature as the body of a field on one line. What parse_signature accepts is read
/// back the same, but for the offsets of b= and for times and lengths beyond their limits.
[[nodiscard]] std::string format(const Signature& signature);

/// Reads the tags that DKIM-Signature and ARC-Message-Signature (RFC 8617 §4.1.2) have in common:
/// a, b, bh, c, d, h, l, q, s, t, x.
/// \return The first problem, a literal, or empty text.
[[nodiscard]] std::string_view read_common_tags(const TagList& tags, ToAsciiDomain to_ascii,
                                                Signature& signature);

/// Reads a, b, d, s, and t, which ARC-Seal has too (RFC 8617 §4.1.3). Likewise.
[[nodiscard]] std::string_view read_seal_tags(const TagList& tags, ToAsciiDomain to_ascii,
                                              Signature& signature);

}  // namespace postern::dkim
