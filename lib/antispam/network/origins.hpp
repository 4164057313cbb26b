// Addresses and domains that a message came from, as lists are asked about them
// (Mail::SpamAssassin::Plugin::DNSEval).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

/// Addresses of relays, private ones and repetitions left out.
struct RelayAddresses {
  std::vector<std::string> untrusted;    ///< Closest hop first.
  std::vector<std::string> external;     ///< Also trusted ones beyond our own; not thinned out.
  std::vector<std::string> originating;  ///< Of originating_ip_headers; may be private.
  bool is_known = false;
};

/// Found once for each message.
[[nodiscard]] const RelayAddresses& relay_addresses(EvalContext& context);

/// Each once, without private ones.
[[nodiscard]] std::vector<std::string> public_addresses(std::span<const std::string> ips);

/// Host names of mail addresses ("user@host"), each once, in lower case and with single dots. Only
/// what has a dot.
[[nodiscard]] std::vector<std::string> address_hosts(std::span<const std::string> addresses);

/// Somebody may have this name: labels of host names below a known top-level domain.
[[nodiscard]] bool is_public_host(EvalContext& context, std::string_view host);

/// Names of services that vouch for the sender, as the message says, in lower case: "a--NAME." in
/// the envelope sender, and the field Accreditor.
[[nodiscard]] std::vector<std::string> accreditors(EvalContext& context);

}  // namespace postern::antispam
