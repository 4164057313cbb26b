// Addresses and domains that a message came from, as lists are asked about them
// (Mail::SpamAssassin::Plugin::DNSEval).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/eval.hpp"

namespace postern::antispam {

/// Hops that are looked at, the closest ones: a message that came by more has made them up.
constexpr std::size_t max_relays = 100;

/// Addresses of relays, private ones and repetitions left out.
struct RelayAddresses {
  std::vector<std::string> untrusted;  ///< Closest hop first.
  std::vector<std::string> external;   ///< Also trusted ones beyond our own.
  /// `untrusted`, and those of originating_ip_headers that no relay of ours has written.
  std::vector<std::string> untrusted_and_originating;
  bool has_any = false;  ///< An untrusted relay or an originating address, private ones too.
  std::string client;    ///< The closest hop beyond our own; empty: a private one, or none.
  bool is_known = false;
};

/// Found once for each message.
[[nodiscard]] const RelayAddresses& relay_addresses(EvalContext& context);

/// Whether others may be told of an address or a host: not of private addresses, of our own names
/// (of hosts that received the message for us, and what is below them), and of the domains of its
/// recipients.
[[nodiscard]] bool may_tell(EvalContext& context, std::string_view subject);
/// The text has the address of a recipient in it.
[[nodiscard]] bool names_recipient(const EvalContext& context, std::string_view text);

/// Host names of mail addresses ("user@host"), each once, in lower case and with single dots. Only
/// what has a dot.
[[nodiscard]] std::vector<std::string> address_hosts(std::span<const std::string> addresses);

/// Somebody may have this name: labels of host names below a known top-level domain.
[[nodiscard]] bool is_public_host(EvalContext& context, std::string_view host);

/// Names of services that vouch for the sender, as the message says, in lower case: "a--NAME." in
/// the envelope sender, and the field Accreditor.
[[nodiscard]] std::vector<std::string> accreditors(EvalContext& context);

}  // namespace postern::antispam
