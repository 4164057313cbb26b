#include "lib/checks/antispam_circumstances.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ascii.hpp"
#include "lib/checks/antispam_facts.hpp"

namespace postern::checks {
namespace {

// The rules by which SpamAssassin says that somebody is on a list of the operator's.
constexpr std::string_view allowed_rule = "USER_IN_WELCOMELIST";
constexpr std::string_view denied_rule = "USER_IN_BLOCKLIST";

std::string listed_domain(const std::vector<std::string>& domains, const config::DomainList& list) {
  const auto found = std::find_if(domains.begin(), domains.end(),
                                  [&](const std::string& domain) { return list.matches(domain); });
  return found == domains.end() ? std::string() : *found;
}

}  // namespace

antispam::Circumstances antispam_circumstances(const verdict::Findings& findings,
                                               const verdict::Envelope& envelope,
                                               const antispam::Settings& settings,
                                               std::int64_t now) {
  antispam::Circumstances circumstances;
  circumstances.authentication = authentication_facts(findings);
  circumstances.has_authentication = true;
  circumstances.now = now;
  if (envelope.recipients.size() == 1) {
    circumstances.required = settings.required_for(envelope.recipients.front());
  }
  for (const std::string& recipient : envelope.recipients) {
    circumstances.recipients.push_back(ascii::to_lower(recipient));
  }
  const std::string allowed = listed_domain(vouched_domains(findings), settings.allow_domains);
  const std::string denied =
      listed_domain(claimed_domains(findings, envelope), settings.deny_domains);
  if (!denied.empty()) {
    circumstances.listing = antispam::Listing::denied;
    circumstances.forced_rule = denied_rule;
    circumstances.listed = "denied: " + denied;
  } else if (!allowed.empty()) {
    circumstances.listing = antispam::Listing::allowed;
    circumstances.forced_rule = allowed_rule;
    circumstances.listed = "allowed: " + allowed;
  }
  return circumstances;
}

}  // namespace postern::checks
