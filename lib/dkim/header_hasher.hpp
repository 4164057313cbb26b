// Canonical header fields and the hashes over those a signature names (RFC 6376 §3.4 and §5.4.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/dkim/crypto.hpp"
#include "lib/dkim/signature.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::dkim {

/// The relaxed form of a field without final CRLF (RFC 6376 §3.4.2): "name:body".
///
/// \param body  After the colon. CRLF before white space is folding; any other CR or LF is data.
[[nodiscard]] std::string canonicalize_relaxed(std::string_view name, std::string_view body);

/// The field that holds a signature, as its own hash sees it: the octets from `begin` to `end` of
/// its body left out, no final CRLF (RFC 6376 §3.7).
[[nodiscard]] std::string canonicalize_without_value(const mail::HeaderField& field,
                                                     std::size_t begin, std::size_t end,
                                                     Canonicalization canonicalization);

/// Hashes for all signatures of one message. Each field is brought into relaxed form once. Borrows
/// the section; for one thread.
class HeaderHasher {
 public:
  explicit HeaderHasher(const mail::HeaderSection& header);

  /// The relaxed form of the field at a position; valid until the hasher goes.
  [[nodiscard]] const std::string& relaxed(std::uint32_t position);

  struct Result {
    Digest digest{};
    bool has_cut_field = false;  ///< One of the fields has at least cut_field_size octets.
  };

  /// The hash that `signature`, which stands at `own_position`, is over: fields by h= from the
  /// bottom up, a name listed more often than it occurs adding nothing, then its own field. The
  /// own field never counts as one named in h=, since it was not there when it was made.
  [[nodiscard]] Result hash(const Crypto& crypto, const Signature& signature,
                            std::uint32_t own_position);

 private:
  /// Positions of the fields that h= selects, in its order.
  [[nodiscard]] std::vector<std::uint32_t> select(const std::vector<std::string>& names,
                                                  std::uint32_t own_position) const;

  const mail::HeaderSection& header_;
  std::vector<std::string> relaxed_;  // by position; empty while not made
};

}  // namespace postern::dkim
