// Sender Policy Framework: may this client send for this domain? (RFC 7208)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/authres/result.hpp"
#include "lib/base/ip_address.hpp"
#include "lib/dns/answers.hpp"

namespace postern::spf {

/// Whose domain is checked (RFC 7208 §2.3 and §2.4).
enum class Scope { mfrom, helo };

/// One check. Everything but the client address, `receiver`, and `now` comes from the peer.
struct Request {
  Scope scope = Scope::mfrom;
  IpAddress client_ip;            ///< An IPv4-mapped IPv6 address counts as IPv4 (RFC 7208 §5).
  std::string helo;               ///< As given in HELO or EHLO.
  std::string rfc5321_mail_from;  ///< Without angle brackets; empty for the null sender, and then
                                  ///< "postmaster@" + helo is checked (RFC 7208 §2.4). A domain
                                  ///< with U-labels is none: convert it before (RFC 8616 §4).
  std::string receiver = "unknown";  ///< For macro %{r}.
  std::int64_t now = 0;              ///< Seconds since the epoch, for macro %{t}.
  bool explain = false;              ///< Whether to fetch the exp= text on fail.
};

/// What RFC 7208 §4.6.4 and §11.1 limit. A limit that is hit gives permerror and names itself.
struct Limits {
  unsigned terms = 10;        ///< Terms that cause DNS queries. Also bounds the depth of includes.
  unsigned void_lookups = 2;  ///< Terms a, mx, exists whose lookup finds nothing.
  unsigned names = 10;  ///< MX exchanges of one term; PTR names, of which the rest is ignored.
  std::size_t record_size = 65536;  ///< Octets of one record.
};

/// An upper bound of the different questions that one check asks in all its rounds: the record, one
/// question per term looked ahead, one per term evaluated and the hosts of each mx, the client's
/// PTR and its names, and the explanation. 133 with the default limits.
[[nodiscard]] constexpr unsigned max_questions(const Limits& limits) {
  return 1 + limits.terms + limits.terms * (1 + limits.names) + (1 + limits.names) + 1;
}

inline constexpr std::size_t max_mechanism_size = 256;  ///< Octets of Outcome::mechanism.
/// Octets of Outcome::explanation: it has to fit into an SMTP reply.
inline constexpr std::size_t max_explanation_size = 500;

struct Outcome {
  authres::Result result = authres::Result::none;
  Scope scope = Scope::mfrom;
  std::string domain;  ///< What was checked, in the form of dns::parse_domain; empty if there is
                       ///< none to ask, and then `problem` says why.
  std::string explanation;  ///< Of the domain's exp=, on fail, when asked for; printable ASCII, at
                            ///< most max_explanation_size octets. Text of the peer.
  std::string
      problem;  ///< Why permerror or temperror, or why there is no domain; ours, no peer text.
  std::string mechanism;     ///< The directive that matched, such as "-all"; visible ASCII, cut at
                             ///< max_mechanism_size. Text of the peer.
  unsigned dns_queries = 0;  ///< Different questions this result rests on, at most max_questions().
                             ///< Those looked ahead and not needed are not counted.

  bool operator==(const Outcome&) const = default;
};

/// check_host() of RFC 7208 §4 with both identities' initial processing (§4.3).
///
/// While answers are missing it returns questions: those needed to go on and, looking ahead, those
/// of terms that may be reached. The outcome does not depend on the order of answers.
[[nodiscard]] dns::Evaluation<Outcome> check_host(const Request& request,
                                                  const dns::Answers& answers,
                                                  const Limits& limits = {});

}  // namespace postern::spf
