// Sealing of one message: the next set of its ARC chain (RFC 8617 §5.1).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/arc/validator.hpp"
#include "lib/base/result.hpp"
#include "lib/dkim/body_hasher.hpp"
#include "lib/dkim/crypto.hpp"
#include "lib/dkim/signing_key.hpp"
#include "lib/dkim/signing_policy.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::arc {

/// The bodies of three new fields, each exactly the octets after the colon, beginning with a space,
/// folded with CRLF and tab. They go on top of the message, the seal uppermost.
struct NewSet {
  unsigned instance = 0;
  std::string results;            ///< Of ARC-Authentication-Results.
  std::string message_signature;  ///< Of ARC-Message-Signature.
  std::string seal;               ///< Of ARC-Seal.
};

/// Made when the header section is complete, with all that we add to it ourselves, a
/// DKIM-Signature too; before the body comes it registers with the hasher what it will need of it.
///
/// Borrows header, crypto, and hasher until it is gone. For one thread at a time. The header
/// section must hold the octets that will be sent, folding with CRLF.
class Sealer {
 public:
  /// \param policy  What the message signature covers, as for dkim::Signer and DKIM-Signature
  ///                fields besides. Authentication-Results and ARC fields never are (RFC 8617
  ///                §4.1.2). Its lifetime does not count: an expired seal would end the chain.
  Sealer(const mail::HeaderSection& header, const dkim::Crypto& crypto,
         dkim::ToAsciiDomain to_ascii, dkim::BodyHasher& body, const dkim::SigningPolicy& policy,
         dkim::SigningKey key);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  /// The set to add, after the hasher has finished.
  ///
  /// \param chain    What Validator said of the same header section. A failed chain is sealed once,
  ///                 with cv=fail and over the new set alone (RFC 8617 §5.1.2).
  /// \param results  Body of our Authentication-Results (authres::format), authserv-id first.
  /// \param now      Seconds since the epoch, for t=.
  /// \return Or why there is none: the message has max_sets sets already, its newest seal says
  ///         cv=fail (a broken chain is not continued, RFC 8617 §5.1.3), DNS did not say whether
  ///         the chain holds, or dkim::Signer would not sign the message.
  /// Throws std::runtime_error when the library of the key fails.
  [[nodiscard]] Expected<NewSet, std::string_view> seal(const Outcome& chain,
                                                        std::string_view results,
                                                        std::int64_t now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::arc
