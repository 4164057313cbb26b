// DKIM signing of one message (RFC 6376 §5), in steps that follow its arrival.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/dkim/body_hasher.hpp"
#include "lib/dkim/crypto.hpp"
#include "lib/dkim/signing_key.hpp"
#include "lib/dkim/signing_policy.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::dkim {

/// Signs a message with several keys. Made when the header section is complete, with all that we
/// add to it ourselves; before the body comes it registers with the hasher what it will need of it.
///
/// Borrows header, crypto, and hasher until it is gone. For one thread at a time. The header
/// section must hold the octets that will be sent, folding with CRLF; header octets above 0x7f
/// (SMTPUTF8) are signed as they are. DKIM-Signature fields that are there are never signed.
class Signer {
 public:
  /// \param keys  One signature each, in this order.
  Signer(const mail::HeaderSection& header, const Crypto& crypto, BodyHasher& body,
         const SigningPolicy& policy, std::vector<SigningKey> keys);
  ~Signer();
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  /// The bodies of one DKIM-Signature field for each key, after the hasher has finished: exactly
  /// the octets after the colon, which begin with a space, folded with CRLF and tab.
  /// relaxed/relaxed, no l=, no i=. Nothing at all for a message with so many fields to be signed
  /// that their names exceed max_names_size (signature_maker.hpp).
  ///
  /// \param now  Seconds since the epoch, for t=.
  /// Throws std::runtime_error when the library of a key fails.
  [[nodiscard]] std::vector<std::string> sign(std::int64_t now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::dkim
