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
#include "lib/dkim/limits.hpp"
#include "lib/dkim/signature.hpp"
#include "lib/dns/answers.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::dkim {

/// The outcome of one signature. Text is safe to print only where said so; authres::format is.
///
/// How RFC 6376 §6.1 maps to RFC 8601 §2.7.1 here:
/// - pass: both hashes and the signature are right.
/// - fail: the body hash or the signature is wrong, or x= has passed (RFC 6376 §6.1.1 makes an
///   expired signature a failed one; x= is compared without leeway).
/// - permerror: syntax, an algorithm other than rsa-sha256 and ed25519-sha256, l= beyond the body,
///   and a key that is absent, revoked, malformed, twice there, or of a size out of limits.
/// - temperror: DNS did not say. A wrong body hash is fail all the same.
/// - policy: beyond Limits::signatures, or t= further ahead of us than Limits::clock_skew.
/// - neutral: the signature is wrong, but the MTA has cut a field that it covers.
struct Outcome {
  authres::Result result = authres::Result::none;
  std::string domain;  ///< d= as an A-label name in the form of dns::parse_name; empty if not one.
  std::string selector;   ///< s=, likewise.
  std::string agent_id;   ///< i= with its domain as an A-label name, or "@" + domain. Peer text.
  std::string algorithm;  ///< "rsa-sha256", "ed25519-sha256", or what a= said if it is a token.
  std::string reason;     ///< Ours, for people, such as "body hash did not verify". Of a pass only
                          ///< "l= covers N of M octets", else empty.
  std::string signature_prefix;  ///< First eight characters of b= (RFC 6008 §4), base64.
  unsigned key_bits = 0;
  bool testing = false;       ///< t=y in the key record.
  bool partial_body = false;  ///< l= left octets of the body unsigned: no credit for DMARC.
  dns::Security key_security = dns::Security::indeterminate;
  unsigned dns_queries = 0;  ///< 1 if a question was asked for this signature, 0 if it needed none
                             ///< or a signature above asked the same.
};

/// Verifies every signature of one message. Made when the header section is complete; before the
/// body comes it registers with the hasher what it will need of it.
///
/// Borrows all that it is given but `limits` until it is gone. For one thread at a time. The header
/// section must hold the octets as signed: folding with CRLF.
class Verifier {
 public:
  Verifier(const mail::HeaderSection& header, const Crypto& crypto, ToAsciiDomain to_ascii,
           BodyHasher& body, const Limits& limits);
  ~Verifier();
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;

  /// The keys that verify() will ask for, each once: known before the body is.
  [[nodiscard]] dns::Questions questions() const;

  /// Outcomes in the order of the DKIM-Signature fields from the top, at most max_outcomes, after
  /// the hasher has finished. No signature gives an empty list.
  /// \param now  Seconds since the epoch, for t= and x=.
  [[nodiscard]] dns::Evaluation<std::vector<Outcome>> verify(const dns::Answers& answers,
                                                             std::int64_t now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::dkim
