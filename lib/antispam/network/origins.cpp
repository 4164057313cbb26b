#include "lib/antispam/network/origins.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "lib/antispam/evals/addresses.hpp"
#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t max_originating =
    32;  ///< Addresses of one header; SpamAssassin has no limit.
constexpr std::size_t min_accreditor_size = 3;

/// All addresses in running text.
void add_addresses(std::string_view text, std::vector<std::string>& found) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size() && count < max_originating;) {
    const TextEnds ends = ip_address_at(text, at);
    if (ends.count == 0) {
      ++at;
      continue;
    }
    found.emplace_back(text.substr(at, ends.ends[0] - at));
    at = ends.ends[0];
    ++count;
  }
}

/// Each once, without private ones.
std::vector<std::string> public_addresses(std::span<const std::string> ips) {
  std::vector<std::string> kept;
  for (const std::string& ip : ips) {
    if (!ip.empty() && !is_private_ip_text(ip)) add_unique(kept, ip);
  }
  return kept;
}

bool is_trusted(const Options& options, const std::string& ip) {
  const auto address = parse_ip_address(ip);
  return address && options.trusted_networks.contains(*address);
}

void add_ips(const std::vector<Relay>& relays, std::vector<std::string>& ips) {
  for (const Relay& relay : relays) {
    if (ips.size() < max_relays) ips.push_back(relay.ip);
  }
}

RelayAddresses find_relay_addresses(EvalContext& context) {
  RelayAddresses found;
  found.is_known = true;
  const Options& options = context.rules.options;
  const RelayChain& relays = context.message.relays();
  std::vector<std::string> external;
  for (const Relay& relay : relays.trusted) {
    if (!relay.internal && external.size() < max_relays) external.push_back(relay.ip);
  }
  std::vector<std::string> untrusted;
  add_ips(relays.untrusted, untrusted);
  add_ips(relays.untrusted, external);
  std::vector<std::string> originating;
  for (const std::string& header : options.originating_ip_headers) {
    add_addresses(context.message.header_text(header), originating);
  }
  found.has_any = !untrusted.empty() || !originating.empty();
  if (!external.empty() && !is_private_ip_text(external.front())) found.client = external.front();
  found.external = public_addresses(external);
  found.untrusted = public_addresses(untrusted);
  std::erase_if(originating, [&](const std::string& ip) { return is_trusted(options, ip); });
  untrusted.insert(untrusted.end(), originating.begin(), originating.end());
  found.untrusted_and_originating = public_addresses(untrusted);
  return found;
}

/// Names that are ours, in lower case.
struct OwnNames {
  std::set<std::string, std::less<>> names;
  bool is_known = false;
};

void add_name(std::string_view name, OwnNames& own) {
  while (name.ends_with('.')) name.remove_suffix(1);
  if (name.find('.') != name.npos) own.names.insert(ascii::to_lower(name));
}

/// Hosts by their own word in our Received fields: who gave the message to them is not asked.
const OwnNames& own_names(EvalContext& context) {
  auto& own = context.memory.get<OwnNames>();
  if (own.is_known) return own;
  own.is_known = true;
  add_name(context.own_host, own);
  for (const std::string& recipient : context.recipients) add_name(domain_of(recipient), own);
  const RelayChain& relays = context.message.relays();
  for (std::size_t i = 0; i < std::min(relays.internal.size(), max_relays); ++i) {
    add_name(relays.internal[i].by, own);
  }
  if (!relays.external.empty()) add_name(relays.external.front().by, own);
  return own;
}

/// What follows the first "@" up to white space or another "@".
std::string_view host_after_sign(std::string_view address) {
  for (std::size_t sign = address.find('@'); sign != address.npos;
       sign = address.find('@', sign + 1)) {
    std::size_t end = sign + 1;
    while (end < address.size() && address[end] != '@' && !is_space_octet(address[end])) ++end;
    if (end > sign + 1) return address.substr(sign + 1, end - sign - 1);
  }
  return {};
}

/// In lower case, with single dots, none at the ends.
std::string tidy_host(std::string_view host) {
  std::string tidy;
  for (const char c : host) {
    if (c != '.' || (!tidy.empty() && tidy.back() != '.')) tidy += ascii::to_lower(c);
  }
  if (tidy.ends_with('.')) tidy.pop_back();
  return tidy;
}

/// NAME of "@a--NAME." or ".a--NAME."; empty: there is none.
std::string accreditor_of_sender(std::string_view sender) {
  constexpr std::string_view mark = "a--";
  const std::string text = ascii::to_lower(sender);
  for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
    if (at == 0 || (text[at - 1] != '@' && text[at - 1] != '.')) continue;
    std::size_t end = at + mark.size();
    while (end < text.size() && ascii::is_alnum(text[end])) ++end;
    const std::size_t size = end - at - mark.size();
    if (size >= min_accreditor_size && end < text.size() && text[end] == '.') {
      return text.substr(at + mark.size(), size);
    }
  }
  return {};
}

}  // namespace

const RelayAddresses& relay_addresses(EvalContext& context) {
  auto& known = context.memory.get<RelayAddresses>();
  if (!known.is_known) known = find_relay_addresses(context);
  return known;
}

bool may_tell(EvalContext& context, std::string_view subject) {
  if (is_ip_text(subject)) return !is_private_ip_text(subject);
  const std::string name = ascii::to_lower(subject);
  const OwnNames& own = own_names(context);
  for (std::string_view parent = name; !parent.empty();) {
    if (own.names.contains(parent)) return false;
    const std::size_t dot = parent.find('.');
    parent = dot == parent.npos ? std::string_view() : parent.substr(dot + 1);
  }
  return true;
}

bool names_recipient(const EvalContext& context, std::string_view text) {
  if (text.find('@') == text.npos) return false;
  const std::string lower = ascii::to_lower(text);
  return std::any_of(
      context.recipients.begin(), context.recipients.end(), [&](const std::string& recipient) {
        return recipient.find('@') != recipient.npos && lower.find(recipient) != lower.npos;
      });
}

std::vector<std::string> address_hosts(std::span<const std::string> addresses) {
  std::vector<std::string> hosts;
  for (const std::string& address : addresses) {
    std::string host = tidy_host(host_after_sign(address));
    if (host.find('.') != host.npos) add_unique(hosts, std::move(host));
  }
  return hosts;
}

bool is_public_host(EvalContext& context, std::string_view host) {
  return RegistryBoundaries::is_fqdn_valid(host) &&
         context.message.environment().boundaries.is_domain_valid(host);
}

std::vector<std::string> accreditors(EvalContext& context) {
  std::vector<std::string> names;
  std::string by_sender = accreditor_of_sender(context.message.header_text("EnvelopeFrom:addr"));
  if (!by_sender.empty()) names.push_back(std::move(by_sender));
  const std::string field = context.message.header_text("Accreditor");
  std::string_view rest = field;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view entry = ascii::trim(rest.substr(0, comma));
    const std::string_view name = entry.substr(0, entry.find_first_of(" \t\r\n"));
    if (!name.empty()) names.push_back(ascii::to_lower(name));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return names;
}

}  // namespace postern::antispam
