// DKIM verification of one message (RFC 6376 §6), in steps that follow its arrival.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/authres/result.hpp"
#include "lib/dkim/body_hasher.hpp"
#include "lib/dkim/crypto.hpp"
#include "lib/dns/answers.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::dkim {

/// Limits of our own (RFC 6376 §6.1 and §8.4, RFC 8301 §3.2). Each that is hit shows in a reason.
struct Limits {
  unsigned signatures = 10;  ///< Verified, from the top; the others are reported as policy.
  unsigned min_rsa_bits = 1024;
  unsigned max_rsa_bits = 4096;
  std::size_t signature_field_size = 16384;  ///< Octets of one DKIM-Signature field.
  std::size_t key_record_size = 8192;        ///< Octets of one key record.
  std::int64_t clock_skew = 300;             ///< Seconds that t= may lie ahead of us.
};

/// The outcome of one signature. Text is safe to print only where said so; authres::format is.
struct Outcome {
  authres::Result result = authres::Result::none;
  std::string domain;  ///< d= as an A-label name in the form of dns::parse_name; empty if not one.
  std::string selector;   ///< s=, likewise.
  std::string agent_id;   ///< i= with its domain as an A-label name, or "@" + domain.
  std::string algorithm;  ///< "rsa-sha256", "ed25519-sha256", or what a= said if it is a token.
  std::string reason;     ///< Ours, for people, such as "body hash did not verify"; empty on pass.
  std::string signature_prefix;  ///< First eight characters of b= (RFC 6008 §4), printable ASCII.
  unsigned key_bits = 0;
  bool testing = false;       ///< t=y in the key record.
  bool partial_body = false;  ///< l= left octets of the body unsigned: no credit for DMARC.
  dns::Security key_security = dns::Security::indeterminate;
  unsigned dns_queries = 0;  ///< Questions asked for this signature's key (0 or 1).
};

/// U-label domain to A-labels, lower case (RFC 5890 §2.3.2.1), or nothing if it is none. ASCII
/// names pass through it too. lib/io/idn2 has the real one.
using ToAsciiDomain = std::optional<std::string> (*)(std::string_view);

/// Verifies every signature of one message. Made when the header section is complete; before the
/// body comes it registers with the hasher what it will need of it.
///
/// Borrows all that it is given but `limits` until it is gone.
class Verifier {
 public:
  Verifier(const mail::HeaderSection& header, const Crypto& crypto, ToAsciiDomain to_ascii,
           BodyHasher& body, const Limits& limits);
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  /// The keys that verify() will ask for: known before the body is.
  [[nodiscard]] dns::Questions questions() const;

  /// Outcomes in the order of the DKIM-Signature fields from the top, after the hasher has
  /// finished. No signature gives an empty list. \param now  Seconds since the epoch, for t= and
  /// x=.
  [[nodiscard]] dns::Evaluation<std::vector<Outcome>> verify(const dns::Answers& answers,
                                                             std::int64_t now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::dkim
