// Sender Policy Framework: may this client send for this domain? (RFC 7208)
#pragma once

#include <cstdint>
#include <string>

#include "lib/authres/result.hpp"
#include "lib/base/ip_address.hpp"
#include "lib/dns/answers.hpp"

namespace postern::spf {

/// Whose domain is checked (RFC 7208 §2.3 and §2.4).
enum class Scope { mfrom, helo };

/// One check. Everything but the client address and `receiver` comes from the peer.
struct Request {
  Scope scope = Scope::mfrom;
  IpAddress client_ip;
  std::string helo;               ///< As given in HELO or EHLO.
  std::string rfc5321_mail_from;  ///< Without angle brackets; empty for the null sender, and then
                                  ///< "postmaster@" + helo is checked (RFC 7208 §2.4).
  std::string receiver = "unknown";  ///< For macro %{r}.
  std::int64_t now = 0;              ///< Seconds since the epoch, for macro %{t}.
  bool explain = false;              ///< Whether to fetch the exp= text on fail.
};

/// What RFC 7208 §4.6.4 and §11.1 limit. A limit that is hit gives permerror and names itself.
struct Limits {
  unsigned terms = 10;              ///< Terms that cause DNS queries.
  unsigned void_lookups = 2;        ///< Lookups that find nothing.
  unsigned names = 10;              ///< MX exchanges, or PTR names, of one term.
  std::size_t record_size = 65536;  ///< Octets of one record.
};

struct Outcome {
  authres::Result result = authres::Result::none;
  Scope scope = Scope::mfrom;
  std::string domain;  ///< What was checked, in the form of dns::parse_name; empty if it is none.
  std::string explanation;  ///< Of the domain's exp=, on fail, when asked for; printable ASCII.
  std::string
      problem;  ///< Why permerror or temperror, or why there is no domain; ours, no peer text.
  std::string mechanism;     ///< The directive that matched, such as "-all"; printable ASCII.
  unsigned dns_queries = 0;  ///< Different questions this check rests on.
};

/// check_host() of RFC 7208 §4 with both identities' initial processing (§4.3).
[[nodiscard]] dns::Evaluation<Outcome> check_host(const Request& request,
                                                  const dns::Answers& answers,
                                                  const Limits& limits = {});

}  // namespace postern::spf
