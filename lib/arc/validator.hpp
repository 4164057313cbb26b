// Validation of the ARC chain of one message (RFC 8617 §5.2).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/authres/result.hpp"
#include "lib/dkim/body_hasher.hpp"
#include "lib/dkim/verifier.hpp"
#include "lib/dns/answers.hpp"
#include "lib/mail/header_section.hpp"

namespace postern::arc {

/// RFC 8617 §4.2.1 names 50 as the most sets a chain may have; more is fail before anything is
/// parsed.
inline constexpr unsigned max_sets = 50;

/// One ARC set of a chain that was read.
struct SetInfo {
  unsigned instance = 0;
  std::string seal_domain;    ///< d= of the ARC-Seal, in the form of dns::parse_name.
  std::string seal_selector;  ///< s= of the ARC-Seal.
  std::string results;        ///< Unfolded body of ARC-Authentication-Results. Peer text.
};

/// The chain's status is none, pass, or fail; temperror when a key could not be had for lack of
/// DNS.
struct Outcome {
  authres::Result result = authres::Result::none;
  std::string reason;         ///< Ours, for people; empty on pass and none.
  unsigned instances = 0;     ///< Highest instance seen, at most max_sets + 1.
  unsigned oldest_pass = 0;   ///< RFC 8617 §5.2 step 5; 0 when all message signatures pass.
  std::vector<SetInfo> sets;  ///< From instance 1 on; only when the result is pass.
  unsigned dns_queries = 0;
};

/// Like dkim::Verifier, for the ARC fields. Borrows all that it is given but `limits`.
class Validator {
 public:
  Validator(const mail::HeaderSection& header, const dkim::Crypto& crypto,
            dkim::ToAsciiDomain to_ascii, dkim::BodyHasher& body, const dkim::Limits& limits);
  ~Validator();
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;

  [[nodiscard]] dns::Questions questions() const;
  [[nodiscard]] dns::Evaluation<Outcome> validate(const dns::Answers& answers,
                                                  std::int64_t now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::arc
