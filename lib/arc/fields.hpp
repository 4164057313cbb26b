// The three header fields of an ARC set as values (RFC 8617 §4.1).
#pragma once

#include <string>
#include <string_view>

#include "lib/dkim/signature.hpp"

namespace postern::arc {

/// RFC 8617 §4.2.1 names 50 as the most sets a chain may have; more is fail before anything is
/// parsed.
inline constexpr unsigned max_sets = 50;

/// cv= of a seal (RFC 8617 §4.4).
enum class ChainValidation { none, fail, pass };

/// One field as far as it could be read. Which members are set depends on the kind.
struct Field {
  unsigned instance = 0;      ///< i=, 1 to max_sets; 0 when it could not be read.
  std::string_view problem;   ///< A literal; empty for a field that may be verified.
  dkim::Signature signature;  ///< Of ARC-Message-Signature; of ARC-Seal what a seal has of it.
  ChainValidation validation = ChainValidation::none;  ///< Of ARC-Seal.
  std::string authserv_id;  ///< Of ARC-Authentication-Results, lower case, without quoting.
};

/// Reads the body of an ARC-Seal: a, b, cv, d, i, s, t, and no h (RFC 8617 §4.1.3).
[[nodiscard]] Field parse_seal(std::string_view body, dkim::ToAsciiDomain to_ascii);

/// Reads the body of an ARC-Message-Signature, whose h= must not name ARC-Seal (RFC 8617 §4.1.2).
/// Unlike a DKIM-Signature it has no v=, h= may leave out From or be empty, and without c= both
/// canonicalizations are relaxed.
[[nodiscard]] Field parse_message_signature(std::string_view body, dkim::ToAsciiDomain to_ascii);

/// Reads an ARC-Authentication-Results as far as "i=N; authserv-id" (RFC 8617 §4.1.1).
[[nodiscard]] Field parse_results(std::string_view body);

}  // namespace postern::arc
