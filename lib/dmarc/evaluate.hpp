// DMARC: does an authenticated identifier align with the author, and what does the domain ask for
// when none does? (RFC 9989)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/authres/result.hpp"
#include "lib/dmarc/record.hpp"
#include "lib/dns/answers.hpp"

namespace postern::dmarc {

/// What the evaluation starts from. All names in the form of dns::parse_domain; an identifier that
/// is not never aligns.
struct Request {
  std::vector<std::string> author_domains;  ///< Of rfc5322_from, each once. Usually one.
  std::string spf_domain;  ///< Of rfc5321_mail_from if its SPF check passed, or empty.
                           ///< Never the HELO identity (RFC 9989 §4.4).
  std::vector<std::string> dkim_domains;  ///< d= of every passing signature. As many as the
                                          ///< verifier takes (dkim::Limits).
  /// The same for what ended in temperror: if such a domain would align, a failure to align is
  /// temperror instead of fail. Others change nothing, so a peer gains nothing by a broken domain
  /// of its own.
  std::string spf_temperror_domain;
  std::vector<std::string> dkim_temperror_domains;
};

inline constexpr unsigned max_author_domains = 4;  ///< More is permerror.

/// Names in the form of dns::parse_domain.
struct Outcome {
  authres::Result result = authres::Result::none;  ///< none, pass, fail, temperror, permerror.
  Policy policy = Policy::none;                    ///< What the domain asks for, after t=.
  Policy published = Policy::none;                 ///< Before t=.
  std::string author_domain;           ///< The one the result is about (of several, the strictest).
  std::string organizational_domain;   ///< Of the author domain; empty if DNS failed.
  std::string policy_domain;           ///< Where the record applied was found.
  std::optional<PolicyRecord> record;  ///< The record as applied (dmarc::applicable).
  bool spf_aligned = false;
  bool dkim_aligned = false;
  bool testing = false;  ///< t=y lowered the policy.
  std::string reason;    ///< Ours, for people: printable ASCII, at most max_reason_size. Empty on
                         ///< pass.
  unsigned dns_queries = 0;

  bool operator==(const Outcome&) const = default;
};

inline constexpr std::size_t max_reason_size = 320;  ///< Octets.

/// Evaluates RFC 9989 §4.10 and §5.3 for each author domain. Of several, the worst counts: any
/// fail, the one with the strictest policy first; then temperror; then none; and pass only if all
/// pass. permerror is no or too many author domains, or one that is no domain name; nothing is
/// asked then.
///
/// A DNS failure gives temperror if the policy or the alignment cannot be told without the answer.
/// Rounds: the walks of the authors; the walks of identifiers below the same organization and, if
/// np= matters, whether the author domain exists (type A; any type shows it, RFC 8020 §2, and this
/// one is most often in the cache). A domain whose "_dmarc" name has any answer exists.
[[nodiscard]] dns::Evaluation<Outcome> evaluate(const Request& request,
                                                const dns::Answers& answers);

}  // namespace postern::dmarc
