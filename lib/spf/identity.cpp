#include "lib/spf/identity.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::spf {
namespace {

constexpr std::string_view postmaster = "postmaster";

Unexpected<std::string_view> no_identity(std::string_view problem) {
  return Unexpected<std::string_view>(problem);
}

// "@a,@b:user@c" becomes "user@c" (RFC 5321 §4.1.2, A-d-l). "@[IPv6:2001:db8::1]" has no mailbox
// behind its colon and stays.
std::string_view without_route(std::string_view address) {
  if (!address.starts_with('@')) return address;
  const std::size_t colon = address.find(':');
  if (colon == address.npos || address.find('@', colon) == address.npos) return address;
  return address.substr(colon + 1);
}

// Parentheses and angle brackets outside quotes make some readers see a comment, or another address
// (RFC 5322 §3.2.2). Other characters that RFC 5321 §4.1.2 forbids are only odd.
bool may_hide_an_address(std::string_view local_part) {
  const bool is_quoted = local_part.starts_with('"') && local_part.ends_with('"');
  return !is_quoted && local_part.find_first_of("()<>") != local_part.npos;
}

Expected<std::string, std::string_view> parse_identity_domain(std::string_view text) {
  if (text.starts_with('[')) return no_identity("address literal in place of a domain");
  const auto domain = dns::parse_domain(text);
  if (!domain) return no_identity(domain.error().problem);
  const std::size_t dot = domain->rfind('.');
  if (dot == domain->npos) return no_identity("domain name has a single label");
  // No top-level domain is a number (RFC 1123 §2.1): this is an IP address without brackets.
  if (std::all_of(domain->begin() + static_cast<std::ptrdiff_t>(dot) + 1, domain->end(),
                  ascii::is_digit)) {
    return no_identity("IP address in place of a domain");
  }
  return *domain;
}

}  // namespace

Expected<Identity, std::string_view> find_identity(const Request& request) {
  std::string_view local_part;
  std::string_view domain_text = request.helo;
  if (request.scope == Scope::mfrom && !request.rfc5321_mail_from.empty()) {
    const std::string_view address = without_route(request.rfc5321_mail_from);
    const std::size_t at = address.rfind('@');
    if (at == address.npos) return no_identity("MAIL FROM has no domain");
    local_part = address.substr(0, at);
    if (may_hide_an_address(local_part)) return no_identity("MAIL FROM is no valid address");
    domain_text = address.substr(at + 1);
  }
  const auto domain = parse_identity_domain(domain_text);
  if (!domain) return Unexpected<std::string_view>(domain.error());
  return Identity{std::string(local_part.empty() ? postmaster : local_part), *domain};
}

}  // namespace postern::spf
