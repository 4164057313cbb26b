// Signs the mail of our own users with the keys of its author's domain (RFC 6376 §5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/dkim/signer.hpp"
#include "lib/dkim/signing_key.hpp"
#include "lib/mail/author.hpp"
#include "lib/signing/line_breaker.hpp"
#include "lib/signing/settings.hpp"

namespace postern::signing {

/// Of mail of our own its DKIM signatures, of that of strangers its ARC seal.
struct Outcome {
  /// "DOMAIN/SELECTOR" of each signature, in order; "arc/DOMAIN/SELECTOR" of a seal.
  std::vector<std::string> signers;
  std::string reason;     ///< Why there is none; ours, for people. Empty when there is.
  bool is_fault = false;  ///< There should be one, and cannot: see dkim::NoKey.
};

/// One message. Made when the header section is complete; before the body comes it registers with
/// the hasher what it will need of it. Borrows all but the settings' values; for one thread.
class OutboundSigner {
 public:
  OutboundSigner(const mail::HeaderSection& header, const dkim::Crypto& crypto,
                 mail::ToAsciiDomain to_ascii, dkim::BodyHasher& body, const Settings& settings,
                 const dkim::KeySource& keys);

  /// Whether there will be a signature. If not, outcome() says why, and no body is needed.
  [[nodiscard]] bool will_sign() const { return signer_.has_value(); }
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }

  /// The bodies of the DKIM-Signature fields, as dkim::Signer::sign, after the hasher has finished.
  [[nodiscard]] std::vector<std::string> sign(std::int64_t now);

 private:
  std::optional<dkim::Signer> signer_;
  Outcome outcome_;
};

}  // namespace postern::signing
