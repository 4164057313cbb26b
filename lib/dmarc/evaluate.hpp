// DMARC: does an authenticated identifier align with the author, and what does the domain ask for
// when none does? (RFC 9989)
#pragma once

#include <string>
#include <vector>

#include "lib/authres/result.hpp"
#include "lib/dmarc/record.hpp"
#include "lib/dns/answers.hpp"

namespace postern::dmarc {

/// What the evaluation starts from. All names in the form of dns::parse_domain.
struct Request {
  std::vector<std::string> author_domains;  ///< Of rfc5322_from, each once. Usually one.
  std::string spf_domain;  ///< Of rfc5321_mail_from if its SPF check passed, or empty.
                           ///< Never the HELO identity (RFC 9989 §4.4).
  std::vector<std::string> dkim_domains;  ///< d= of every passing signature.
  /// Set when SPF or a signature ended in temperror for a domain that could still align: a failure
  /// to align is then temperror instead of fail.
  bool spf_temperror = false;
  bool dkim_temperror = false;
};

inline constexpr unsigned max_author_domains = 4;  ///< More is permerror.

struct Outcome {
  authres::Result result = authres::Result::none;  ///< none, pass, fail, temperror, permerror.
  Policy policy = Policy::none;                    ///< What the domain asks for, after t=.
  Policy published = Policy::none;                 ///< Before t=.
  std::string author_domain;  ///< The one the result is about (of several, the strictest).
  std::string organizational_domain;
  std::string policy_domain;  ///< Where the record applied was found.
  bool spf_aligned = false;
  bool dkim_aligned = false;
  bool testing = false;  ///< t=y lowered the policy.
  std::string reason;    ///< Ours, for people.
  unsigned dns_queries = 0;
};

[[nodiscard]] dns::Evaluation<Outcome> evaluate(const Request& request,
                                                const dns::Answers& answers);

}  // namespace postern::dmarc
