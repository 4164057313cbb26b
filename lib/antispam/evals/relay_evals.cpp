// Evals over the relays of a message (Mail::SpamAssassin::Plugin::RelayEval).
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/text/characters.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;
constexpr auto npos = std::string_view::npos;

bool is_public_ipv4(std::string_view text) {
  return is_ipv4_text(text) && !is_private_ip_text(text);
}

// --- addresses as HELO ---

/// A relay outside gave an IPv4 address as its name.
double check_for_numeric_helo(EvalContext& context, Values) {
  constexpr std::string_view key = "helo=";
  const std::string text = relays_text(context.message.relays().untrusted);
  for (std::size_t at = find_ignoring_case(text, key); at != npos;
       at = find_ignoring_case(text, key, at + 1)) {
    if (at > 0 && is_word_octet(text[at - 1])) continue;
    const std::size_t begin = at + key.size();
    const std::size_t end = ipv4_end(text, begin);
    constexpr std::string_view delimiters = ",;[()<>";
    if (end == npos) continue;
    if (end < text.size() && static_cast<unsigned char>(text[end]) > ' ' &&
        delimiters.find(text[end]) == npos) {
      continue;
    }
    return is_private_ip_text(std::string_view(text).substr(begin, end - begin)) ? 0 : 1;
  }
  return 0;
}

double helo_ip_mismatch(EvalContext& context, Values) {
  for (const Relay& relay : context.message.relays().untrusted) {
    if (!is_public_ipv4(relay.helo) || !is_public_ipv4(relay.ip)) continue;
    const std::string_view network =
        std::string_view(relay.helo).substr(0, relay.helo.rfind('.') + 1);
    if (relay.helo != relay.ip && !relay.ip.starts_with(network)) return 1;
  }
  return 0;
}

// --- which relays there are ---

double check_all_trusted(EvalContext& context, Values) {
  const RelayChain& relays = context.message.relays();
  return !relays.trusted.empty() && relays.untrusted.empty() && relays.unparseable == 0;
}

double check_no_relays(EvalContext& context, Values) {
  const RelayChain& relays = context.message.relays();
  return relays.trusted.empty() && relays.untrusted.empty() && relays.unparseable == 0;
}

double check_relays_unparseable(EvalContext& context, Values) {
  return context.message.relays().unparseable > 0;
}

double check_for_illegal_ip(EvalContext&, Values) {
  return 0;  // SpamAssassin keeps it for old rules only
}

double check_for_sender_no_reverse(EvalContext& context, Values) {
  const std::vector<Relay>& relays = context.message.relays().untrusted;
  if (relays.empty()) return 0;
  return relays.back().rdns.find('.') != npos && !relays.back().is_private;
}

/// A relay of a large provider by its HELO, whose address has no name at all. The last relay of a
/// public address decides.
double check_for_no_rdns_dotcom_helo(EvalContext& context, Values) {
  constexpr std::array<std::string_view, 11> providers = {
      "lycos.com", "lycos.co.uk", "hotmail.com", "localhost.com", "excite.com", "caramail.com",
      "cs.com",    "aol.com",     "msn.com",     "yahoo.com",     "drizzle.com"};
  const auto is_of = [](std::string_view helo, std::string_view provider) {
    if (helo.size() < provider.size()) return false;
    const std::size_t begin = helo.size() - provider.size();
    return ascii::equals_ignoring_case(helo.substr(begin), provider) &&
           (begin == 0 || helo[begin - 1] == '.');
  };
  bool hits = false;
  for (const Relay& relay : context.message.relays().untrusted) {
    if (relay.is_private) continue;
    hits = relay.no_reverse_dns &&
           std::any_of(providers.begin(), providers.end(),
                       [&](std::string_view provider) { return is_of(relay.helo, provider); });
  }
  return hits;
}

// --- the sender's domain among the relays ---

/// What was found of a domain: it is not the sender's, it is and a relay is of it, or it is not.
enum class DomainSeen { not_of_sender, no, yes };
struct DomainsSeen {
  std::map<std::string, DomainSeen, std::less<>> by_domain;
};

/// `domain` in `text` with no word character before it.
bool holds_domain(std::string_view text, std::string_view domain) {
  if (domain.empty()) return true;
  for (std::size_t at = find_ignoring_case(text, domain); at != npos;
       at = find_ignoring_case(text, domain, at + 1)) {
    const bool before = at > 0 && is_word_octet(text[at - 1]);
    if (before != is_word_octet(text[at])) return true;
  }
  return false;
}

/// The domain is a pattern where the relays are looked at, as in SpamAssassin.
DomainSeen look_for(EvalContext& context, std::string_view domain) {
  if (!holds_domain(context.message.header_text("From:addr"), domain)) {
    return DomainSeen::not_of_sender;
  }
  const RelayChain& relays = context.message.relays();
  const std::string text = relays_text(relays.trusted) + "\n" + relays_text(relays.untrusted);
  const std::string part = R"(=\S*\b)" + std::string(domain) + " ";
  return matches(context, " rdns" + part + R"([^\]]*by)" + part, text) ? DomainSeen::yes
                                                                       : DomainSeen::no;
}

double check_for_from_domain_in_received_headers(EvalContext& context, Values values) {
  const Arguments arguments(values);
  auto& seen = context.memory.get<DomainsSeen>().by_domain;
  auto place = seen.find(arguments.text(0));
  if (place == seen.end()) {
    place = seen.emplace(arguments.text(0), look_for(context, arguments.text(0))).first;
  }
  const bool wants_it = arguments.text(1) == "true";
  switch (place->second) {
    case DomainSeen::not_of_sender: return 0;
    case DomainSeen::no: return !wants_it;
    case DomainSeen::yes: return wants_it;
  }
  return 0;
}

// --- a relay that is not the one that the next says it had from ---

/// Two labels, or three where the last looks like a country's.
std::string_view provider_domain(std::string_view host) {
  if (std::none_of(host.begin(), host.end(), ascii::is_alpha)) return host;
  while (host.ends_with('.')) host.remove_suffix(1);
  const std::size_t last = host.rfind('.');
  if (last == npos) return host;
  const std::string_view tld = host.substr(last + 1);
  const auto back = [host](std::size_t dot) {
    const std::size_t before = dot == 0 ? npos : host.rfind('.', dot - 1);
    return before == npos ? std::size_t{0} : before + 1;
  };
  const std::size_t second = back(last);
  const auto holds = [tld](std::string_view part) { return tld.find(part) != npos; };
  if (tld.size() >= 3 || holds("ie") || holds("fr") || holds("de")) return host.substr(second);
  return second == 0 ? host : host.substr(back(second - 1));
}

/// At least two dots' worth of a host name: word characters, dots, and dashes.
bool is_host_name(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == npos || dot + 1 == text.size() || dot < 2 || !is_word_octet(text.front()))
    return false;
  const auto in_name = [](char c) { return is_word_octet(c) || c == '.' || c == '-'; };
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(dot) + 1, text.end(),
                     is_word_octet) &&
         std::all_of(text.begin(), text.end(), in_name);
}

struct ForgedRelays {
  bool is_known = false;
  unsigned wrong_names = 0;
  unsigned wrong_addresses = 0;
};

bool is_dotted_number(std::string_view text) {
  return std::count(text.begin(), text.end(), '.') == 3 && ascii::is_digit(text.front()) &&
         ascii::is_digit(text.back()) && text.find("..") == npos &&
         text.find_first_not_of("0123456789.") == npos;
}

/// The first two numbers.
std::string_view class_b(std::string_view ip) {
  return ip.substr(0, ip.find('.', ip.find('.') + 1));
}

bool is_wrong_address(std::string_view helo, std::string_view ip) {
  return !helo.empty() && !ip.empty() && is_dotted_number(helo) && is_dotted_number(ip) &&
         class_b(helo) != class_b(ip) && !is_private_ip_text(helo);
}

ForgedRelays find_forged(const std::vector<Relay>& relays) {
  ForgedRelays found;
  found.is_known = true;
  std::string before;  // the name of the relay before; empty: none that counts
  for (std::size_t i = 0; i < relays.size(); ++i) {
    const Relay& relay = relays[i];
    const std::string by_host = ascii::to_lower(relay.by);
    const std::string helo_host = ascii::to_lower(relay.helo);
    std::string name = ascii::to_lower(relay.rdns);
    const std::string_view by = provider_domain(by_host);
    std::string from(provider_domain(name));
    if (is_host_name(by)) {
      const bool is_local = from == "localhost" || from == "localhost.localdomain";
      if (is_local && relay.ip == "127.0.0.1") from.clear();
      if (is_wrong_address(provider_domain(helo_host), relay.ip)) ++found.wrong_addresses;
      const bool is_msn = by == "msn.com" && before == "hotmail.com";
      if (i > 0 && is_host_name(before) && by != before && !is_msn) ++found.wrong_names;
    }
    before = std::move(from);
  }
  return found;
}

const ForgedRelays& forged_relays(EvalContext& context) {
  auto& forged = context.memory.get<ForgedRelays>();
  if (!forged.is_known) forged = find_forged(context.message.relays().untrusted);
  return forged;
}

double check_for_forged_received_trail(EvalContext& context, Values) {
  return forged_relays(context).wrong_names > 1;
}

double check_for_forged_received_ip_helo(EvalContext& context, Values) {
  return forged_relays(context).wrong_addresses > 0;
}

constexpr std::array rows = {
    Eval{"check_all_trusted", "RelayEval", check_all_trusted},
    Eval{"check_for_forged_received_ip_helo", "RelayEval", check_for_forged_received_ip_helo},
    Eval{"check_for_forged_received_trail", "RelayEval", check_for_forged_received_trail},
    Eval{"check_for_from_domain_in_received_headers", "RelayEval",
         check_for_from_domain_in_received_headers},
    Eval{"check_for_illegal_ip", "RelayEval", check_for_illegal_ip},
    Eval{"check_for_no_rdns_dotcom_helo", "RelayEval", check_for_no_rdns_dotcom_helo},
    Eval{"check_for_numeric_helo", "RelayEval", check_for_numeric_helo},
    Eval{"check_for_sender_no_reverse", "RelayEval", check_for_sender_no_reverse},
    Eval{"check_no_relays", "RelayEval", check_no_relays},
    Eval{"check_relays_unparseable", "RelayEval", check_relays_unparseable},
    Eval{"helo_ip_mismatch", "RelayEval", helo_ip_mismatch},
};

}  // namespace

std::span<const Eval> relay_evals() {
  return rows;
}

}  // namespace postern::antispam
