// Validation of the ARC chain of one message (RFC 8617 §5.2).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/arc/fields.hpp"
#include "lib/authres/result.hpp"
#include "lib/dkim/body_hasher.hpp"
#include "lib/dkim/verifier.hpp"
#include "lib/dns/answers.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::arc {

/// One ARC set of a chain that was read.
struct SetInfo {
  unsigned instance = 0;
  std::string seal_domain;    ///< d= of the ARC-Seal, in the form of dns::parse_name.
  std::string seal_selector;  ///< s= of the ARC-Seal.
  std::string authserv_id;    ///< Who says what `results` says, lower case. Peer text.
  std::string results;        ///< Unfolded body of ARC-Authentication-Results. Peer text.
};

/// The chain's status is none, pass, or fail; temperror when a key could not be had for lack of
/// DNS and nothing else is wrong.
struct Outcome {
  authres::Result result = authres::Result::none;
  std::string reason;         ///< Ours, for people, naming the set; empty on pass and none.
  unsigned instances = 0;     ///< Highest instance seen, at most max_sets + 1.
  unsigned oldest_pass = 0;   ///< Lowest instance from which on all message signatures verify now
                              ///< (RFC 8617 §5.2 step 5); 0 when all do. Of a pass only.
  bool partial_body = false;  ///< l= of the newest message signature left octets unsigned.
  std::vector<SetInfo> sets;  ///< From instance 1 on; only when the result is pass.
  unsigned dns_queries = 0;   ///< Different questions asked.
};

/// Like dkim::Verifier, for the ARC fields. Borrows all that it is given but `limits`. Costs at
/// most two questions and two verifications a set.
///
/// Of the newest message signature x= and t= are judged as in dkim::Verifier; those below it were
/// judged when their message came.
class Validator {
 public:
  Validator(const mail::HeaderSection& header, const dkim::Crypto& crypto,
            dkim::ToAsciiDomain to_ascii, dkim::BodyHasher& body, const dkim::Limits& limits);
  ~Validator();
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  /// The keys that validate() will ask for, each once. None for a chain that fails as it stands.
  [[nodiscard]] dns::Questions questions() const;
  [[nodiscard]] dns::Evaluation<Outcome> validate(const dns::Answers& answers,
                                                  std::int64_t now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::arc
