// libopendmarc over answers of ours.
#pragma once

#include <functional>
#include <string>

#include "lib/dmarc/evaluate.hpp"
#include "lib/dns/answers.hpp"

namespace postern::oracle {

using Lookup = std::function<dns::Answer(const dns::Question&)>;

struct OpendmarcOutcome {
  std::string result;  ///< A word of RFC 8601.
  std::string policy;  ///< Of a failure: none, quarantine, reject.
};

/// Debian's public suffix list (package publicsuffix), from which the library knows organizational
/// domains. Without it the library treats every domain as its own organization.
inline constexpr const char* public_suffix_list = "/usr/share/publicsuffix/public_suffix_list.dat";

/// Evaluates with libopendmarc. It is given the record that its own DNS code would take: of the
/// author domain, else of the organizational domain, the first that has "v=DMARC" in it. Call it in
/// a child process, once in each: the list is loaded into the library as a whole.
[[nodiscard]] OpendmarcOutcome evaluate_with_opendmarc(const dmarc::Request& request,
                                                       const std::string& spf_helo_domain,
                                                       const Lookup& lookup);

}  // namespace postern::oracle
