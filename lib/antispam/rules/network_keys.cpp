// Keys about networks and DNS.
#include <algorithm>
#include <array>
#include <charconv>

#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/regex_text.hpp"
#include "lib/antispam/rules/value_readers.hpp"

namespace postern::antispam {
namespace {

// "10", "10.1.", "10.1.2" are networks of 8, 16, and 24 bits; leading zeros count for nothing.
std::optional<IpNetwork> short_ipv4(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  std::size_t count = 0;
  if (text.ends_with('.') && std::count(text.begin(), text.end(), '.') < 4) text.remove_suffix(1);
  while (count < bytes.size()) {
    const std::size_t dot = text.find('.');
    const std::string_view digits = text.substr(0, dot);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (!are_digits(digits) || error != std::errc{} || number > 255) return std::nullopt;
    bytes[count++] = static_cast<std::uint8_t>(number);
    if (dot == text.npos) {
      return IpNetwork{IpAddress::v4(bytes), static_cast<unsigned>(count * 8)};
    }
    text.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

// A prefix length, or a netmask such as 255.255.0.0 whose ones come first.
std::optional<unsigned> prefix_of(std::string_view text, unsigned bits) {
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), prefix);
  if (error == std::errc{} && end == text.data() + text.size() && prefix <= bits) return prefix;
  const auto mask = parse_ip_address(text);
  if (!mask || mask->bits() != bits) return std::nullopt;
  for (prefix = 0; prefix < bits; ++prefix) {
    if ((mask->bytes()[prefix / 8] & (0x80U >> prefix % 8)) == 0) break;
  }
  for (unsigned bit = prefix; bit < bits; ++bit) {
    if ((mask->bytes()[bit / 8] & (0x80U >> bit % 8)) != 0) return std::nullopt;
  }
  return prefix;
}

// "192.0.2.0/24", "192.0.2", "[2001:db8::%eth0]/32" (Mail::SpamAssassin::NetSet).
std::optional<IpNetwork> network_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::string_view address = text.substr(0, slash);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
  }
  address = address.substr(0, address.find('%'));
  std::optional<IpNetwork> network = short_ipv4(address);
  if (!network) {
    const auto parsed = parse_ip_address(address);
    if (!parsed) return std::nullopt;
    network = IpNetwork{*parsed, parsed->bits()};
  }
  if (slash != text.npos) {
    const auto prefix = prefix_of(text.substr(slash + 1), network->address.bits());
    if (!prefix) return std::nullopt;
    network->prefix = *prefix;
  }
  // Addresses of IPv4 are asked for as such.
  const IpAddress unmapped = network->address.unmapped();
  if (unmapped.is_v4() && !network->address.is_v4() && network->prefix >= 96) {
    network = IpNetwork{unmapped, network->prefix - 96};
  }
  return network;
}

template <NetworkList Options::*Member>
KeyOutcome add_networks(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  state.network_sources[&(state.set.options.*Member)] = state.source;
  for (const std::string_view word : words_of(value)) {
    const bool is_exception = word.starts_with('!');
    const auto network = network_of(word.substr(is_exception ? 1 : 0));
    if (network) {
      (state.set.options.*Member).add(*network, is_exception);
    } else {
      state.warn(in_quotes(word) +
                 " is no network; give one such as 192.0.2.0/24 or 2001:db8::/32");
    }
  }
  return KeyOutcome::done;
}

template <NetworkList Options::*Member>
KeyOutcome clear_networks(LoadState& state, std::string_view value) {
  if (!value.empty()) return KeyOutcome::invalid;
  (state.set.options.*Member).clear();
  return KeyOutcome::done;
}

bool holds(const IpNetwork& outer, const IpNetwork& inner) {
  return outer.prefix <= inner.prefix && outer.contains(inner.address);
}

// As NetworkList keeps them: IPv4 within IPv6.
bool is_loopback(const IpNetwork& network) {
  static const IpNetwork v4 = *parse_ip_network("::ffff:127.0.0.0/104");
  static const IpNetwork v6 = *parse_ip_network("::1");
  return holds(v4, network) || holds(v6, network);
}

std::string text_of(const IpNetwork& network) {
  const IpAddress address = network.address.unmapped();
  const unsigned less = address.is_v4() && !network.address.is_v4() ? 96 : 0;
  return address.text() + "/" + std::to_string(network.prefix - std::min(less, network.prefix));
}

// The first entry that holds the network decides; loopback is always there.
bool holds(const NetworkList& list, const IpNetwork& network) {
  if (is_loopback(network)) return true;
  for (const NetworkList::Entry& entry : list.entries()) {
    if (holds(entry.network, network)) return !entry.is_exception;
  }
  return false;
}

void keep_within(LoadState& state, NetworkList& list, const NetworkList& outer,
                 const std::string& name, const std::string& outer_name) {
  const std::vector<NetworkList::Entry> entries = list.entries();
  list.clear();
  for (const NetworkList::Entry& entry : entries) {
    if (entry.is_exception || holds(outer, entry.network)) {
      list.add(entry.network, entry.is_exception);
      continue;
    }
    state.warn_at(state.network_sources[&list], name + " has " + text_of(entry.network) +
                                                    ", which " + outer_name +
                                                    " does not hold; add it there, too");
  }
}

std::string without_outer_dots(std::string_view domain) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.ends_with('.')) domain.remove_suffix(1);
  return ascii::to_lower(domain);
}

KeyOutcome restrict_dns(LoadState& state, std::string_view value) {
  const auto [word, domains] = first_word(value);
  const bool allows = ascii::equals_ignoring_case(word, "allow");
  if (domains.empty() || !(allows || ascii::equals_ignoring_case(word, "deny"))) {
    return KeyOutcome::invalid;
  }
  for (const std::string_view domain : words_of(domains)) {
    state.set.options.dns_query_restrictions[without_outer_dots(domain)] = allows;
  }
  return KeyOutcome::done;
}

KeyOutcome clear_dns_restrictions(LoadState& state, std::string_view value) {
  if (!value.empty()) return KeyOutcome::invalid;
  state.set.options.dns_query_restrictions.clear();
  return KeyOutcome::done;
}

KeyOutcome block_by_rule(LoadState& state, std::string_view value) {
  const auto [rule, domains] = first_word(value);
  if (domains.empty()) return KeyOutcome::invalid;
  auto& blocked = state.set.options.dns_block_rules[std::string(rule)];
  for (const std::string_view word : words_of(domains)) {
    std::string domain = without_outer_dots(word);
    const bool is_fit = !domain.empty() && std::all_of(domain.begin(), domain.end(), [](char c) {
      return is_word_char(c) || c == '.' || c == '-';
    });
    if (!is_fit) return KeyOutcome::invalid;
    if (std::find(blocked.begin(), blocked.end(), domain) == blocked.end()) {
      blocked.push_back(std::move(domain));
    }
  }
  return KeyOutcome::done;
}

// rbl_timeout SECONDS [LEAST [ZONE]]: those of single zones have no effect here.
KeyOutcome read_rbl_timeout(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const auto words = words_of(value);
  const auto seconds = duration_value(words.front());
  if (!seconds || words.size() > 3) return KeyOutcome::invalid;
  const std::string_view last = words.back();
  const bool has_zone = words.size() > 1 && !duration_value(last);
  if (has_zone ? !ascii::is_alpha(last.back()) : words.size() > 2) return KeyOutcome::invalid;
  if (words.size() == 3 && !duration_value(words[1])) return KeyOutcome::invalid;
  if (has_zone) return KeyOutcome::done;
  state.set.options.rbl_timeout_seconds = *seconds;
  if (words.size() > 1) state.set.options.rbl_least_timeout_seconds = *duration_value(words[1]);
  return KeyOutcome::done;
}

// "test" and "test: DOMAIN …" ask first whether there is DNS: the resolver finds that out by
// itself.
KeyOutcome read_dns_available(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  const bool tests = value == "test" || value.starts_with("test:");
  const auto on = tests ? std::optional(true) : switch_value(value);
  if (on) state.set.options.dns_available = *on;
  return on ? KeyOutcome::done : KeyOutcome::invalid;
}

// DOMAIN ALIAS …
KeyOutcome add_domain_aliases(LoadState& state, std::string_view value) {
  const std::string lower = ascii::to_lower(value);
  const auto [domain, aliases] = first_word(lower);
  if (domain.empty()) return KeyOutcome::missing;
  if (aliases.empty() || lower.find('@') != lower.npos) return KeyOutcome::invalid;
  for (const std::string_view alias : words_of(aliases)) {
    state.set.options.hashbl_domain_aliases[std::string(alias)] = domain;
  }
  return KeyOutcome::done;
}

// Without delimiters.
template <std::string Options::*Member>
KeyOutcome read_pattern(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  state.set.options.*Member = with_perl_quantifiers(value);
  return KeyOutcome::done;
}

KeyOutcome skip_domains(LoadState& state, std::string_view value) {
  if (value.empty()) return KeyOutcome::missing;
  for (const std::string_view word : words_of(value)) {
    state.set.options.uridnsbl_skip_domains.insert(ascii::to_lower(word));
  }
  return KeyOutcome::done;
}

KeyOutcome clear_skip_domains(LoadState& state, std::string_view value) {
  if (value.empty()) state.set.options.uridnsbl_skip_domains.clear();
  for (const std::string_view word : words_of(value)) {
    state.set.options.uridnsbl_skip_domains.erase(ascii::to_lower(word));
  }
  return KeyOutcome::done;
}

KeyOutcome note_obsolete_timeout(LoadState& state, std::string_view /*value*/) {
  state.warn("uridnsbl_timeout is obsolete; use rbl_timeout");
  return KeyOutcome::done;
}

constexpr std::string_view networks = "networks such as 192.0.2.0/24; \"!\" before one excludes it";

constexpr auto keys = std::to_array<ConfigKey>({
    {"trusted_networks", "", add_networks<&Options::trusted_networks>, networks},
    {"internal_networks", "", add_networks<&Options::internal_networks>, networks},
    {"msa_networks", "", add_networks<&Options::msa_networks>, networks},
    {"clear_trusted_networks", "", clear_networks<&Options::trusted_networks>, nothing_form},
    {"clear_internal_networks", "", clear_networks<&Options::internal_networks>, nothing_form},
    {"clear_msa_networks", "", clear_networks<&Options::msa_networks>, nothing_form},
    {"dns_query_restriction", "", restrict_dns, "allow or deny, and domains"},
    {"clear_dns_query_restriction", "", clear_dns_restrictions, nothing_form},
    {"clear_dns_query_restrictions", "", clear_dns_restrictions, nothing_form},
    {"dns_block_rule", "", block_by_rule, "a rule's name and domains"},
    {"rbl_timeout", "", read_rbl_timeout, duration_form},
    {"dns_available", "", read_dns_available, "yes, no, or test"},
    {"dns_block_time", "", read_number<&Options::dns_block_seconds>, number_form},
    {"hashbl_email_domain_alias", "HashBL", add_domain_aliases, "a domain and its other names"},
    {"hashbl_email_regex", "HashBL", read_pattern<&Options::hashbl_email_pattern>,
     "a pattern without delimiters"},
    {"hashbl_email_welcomelist", "HashBL", read_pattern<&Options::hashbl_welcome_pattern>,
     "a pattern without delimiters"},
    {"uridnsbl_skip_domain", "URIDNSBL", skip_domains, "domains"},
    {"clear_uridnsbl_skip_domain", "URIDNSBL", clear_skip_domains, "domains, or nothing"},
    {"uridnsbl_timeout", "URIDNSBL", note_obsolete_timeout, nothing_form},
});

}  // namespace

std::span<const ConfigKey> network_keys() {
  return keys;
}

void check_networks(LoadState& state) {
  Options& options = state.set.options;
  const bool has_trusted = options.trusted_networks.is_configured();
  if (!has_trusted && !options.internal_networks.is_configured()) return;
  const NetworkList outer = has_trusted ? options.trusted_networks : options.internal_networks;
  const std::string name = has_trusted ? "trusted_networks" : "internal_networks";
  if (has_trusted) {
    keep_within(state, options.internal_networks, outer, "internal_networks", name);
  }
  keep_within(state, options.msa_networks, outer, "msa_networks", name);
}

}  // namespace postern::antispam
