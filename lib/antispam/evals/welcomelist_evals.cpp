// Evals over the lists of welcome and unwelcome senders, recipients, hosts, and subjects
// (Mail::SpamAssassin::Plugin::WLBLEval, WelcomeListSubject).
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/evals/addresses.hpp"
#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/hit_details.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"
#include "lib/base/ip_address.hpp"

namespace postern::antispam {
namespace {

using Values = std::span<const std::string>;
constexpr auto npos = std::string_view::npos;

const Options& options(EvalContext& context) {
  return context.message.options();
}

bool is_any_in(const std::vector<std::string>& addresses, const AddressGlobs& globs) {
  return !globs.empty() &&
         std::any_of(addresses.begin(), addresses.end(), [&globs](const std::string& address) {
           return any_glob_matches(globs, address);
         });
}

// --- plain lists ---

double check_from_in_blocklist(EvalContext& context, Values) {
  return is_any_in(all_from_addresses(context), options(context).blocklist_from);
}
double check_to_in_blocklist(EvalContext& context, Values) {
  return is_any_in(all_to_addresses(context), options(context).blocklist_to);
}
double check_to_in_welcomelist(EvalContext& context, Values) {
  return is_any_in(all_to_addresses(context), options(context).welcomelist_to);
}
double check_to_in_more_spam(EvalContext& context, Values) {
  return is_any_in(all_to_addresses(context), options(context).more_spam_to);
}
double check_to_in_all_spam(EvalContext& context, Values) {
  return is_any_in(all_to_addresses(context), options(context).all_spam_to);
}

/// A list of enlist_addrlist, or one of the plain lists by its name; nullptr: there is none.
const AddressGlobs* find_list(const Options& options, std::string_view name) {
  struct Named {
    std::string_view name;
    AddressGlobs Options::*list;
  };
  constexpr std::array<Named, 6> plain = {{
      {"blocklist_from", &Options::blocklist_from},
      {"blocklist_to", &Options::blocklist_to},
      {"welcomelist_from", &Options::welcomelist_from},
      {"welcomelist_to", &Options::welcomelist_to},
      {"more_spam_to", &Options::more_spam_to},
      {"all_spam_to", &Options::all_spam_to},
  }};
  const auto enlisted = options.address_lists.find(std::string(name));
  if (enlisted != options.address_lists.end()) return &enlisted->second;
  for (const Named& named : plain) {
    if (named.name == name) return &(options.*named.list);
  }
  return nullptr;
}

double is_in_named_list(EvalContext& context, Values values,
                        const std::vector<std::string>& addresses) {
  const AddressGlobs* list = find_list(options(context), Arguments(values).text(0));
  return list != nullptr && is_any_in(addresses, *list);
}

double check_from_in_list(EvalContext& context, Values values) {
  return is_in_named_list(context, values, all_from_addresses(context));
}
double check_to_in_list(EvalContext& context, Values values) {
  return is_in_named_list(context, values, all_to_addresses(context));
}
double check_replyto_in_list(EvalContext& context, Values values) {
  std::vector<std::string> first = header_values(context, "Reply-To", {"addr"});
  first.resize(std::min<std::size_t>(first.size(), 1));
  return is_in_named_list(context, values, first);
}

// --- lists of senders with the relay they come by ---

/// The relay that handed the message over to us; without one outside, all of ours.
std::vector<const Relay*> deciding_relays(EvalContext& context) {
  const RelayChain& relays = context.message.relays();
  std::vector<const Relay*> deciding;
  if (!relays.untrusted.empty()) {
    deciding.push_back(&relays.untrusted.front());
  } else {
    for (const Relay& relay : relays.trusted) deciding.push_back(&relay);
  }
  return deciding;
}

/// "[192.0.2.1]", "[192.0.2.]", "[192.0.2.0/24]", "[2001:db8::]/32"
bool is_relay_in(const Relay& relay, std::string_view network, std::string_view length) {
  if (relay.ip.empty()) return false;
  std::string text = std::string(network) + std::string(length);
  const bool is_dotted = text.find_first_not_of("0123456789.") == npos && !text.empty();
  if (is_dotted && parse_ip_address(text)) return text == relay.ip;
  if (is_dotted) {
    while (text.ends_with('.')) text.pop_back();
    return relay.ip.starts_with(text + ".");
  }
  const auto range = parse_ip_network(text);
  const auto ip = parse_ip_address(relay.ip);
  return range && ip && range->contains(*ip);
}

/// The second part of welcomelist_from_rcvd: a network in brackets, or a domain.
bool is_relay_of(const Relay& relay, std::string_view place) {
  if (place.starts_with('[')) {
    const std::size_t close = place.rfind(']');
    const std::string_view length = close == npos ? "x" : place.substr(close + 1);
    const bool has_form =
        length.empty() || (length.size() >= 2 && length.size() <= 4 && length[0] == '/' &&
                           length.find_first_not_of("0123456789", 1) == npos);
    if (has_form) return is_relay_in(relay, place.substr(1, close - 1), length);
  }
  const std::string_view name = relay.rdns;
  if (name.size() < place.size()) return false;
  const std::size_t begin = name.size() - place.size();
  return ascii::equals_ignoring_case(name.substr(begin), place) &&
         (begin == 0 || name[begin - 1] == '.');
}

/// Whether a sender is in such a list: by a relay that it names, only by others, or not at all.
enum class Listed { no, forged, yes };

Listed look_up(EvalContext& context, const ReceivedGlobs& list,
               const std::vector<const Relay*>& relays, const std::string& address) {
  if (relays.empty()) return Listed::no;
  bool is_forged = false;
  for (const auto& [glob, places] : list) {
    if (places.empty() || !glob_matches(glob, address)) continue;
    for (const std::string& place : places) {
      const auto is_of = [&place](const Relay* relay) { return is_relay_of(*relay, place); };
      if (std::any_of(relays.begin(), relays.end(), is_of)) return Listed::yes;
    }
    is_forged = true;
  }
  if (any_glob_matches(options(context).welcomelist_allow_relays, address)) is_forged = false;
  return is_forged ? Listed::forged : Listed::no;
}

struct SenderListed {
  bool is_known = false;
  Listed own = Listed::no;
  Listed by_default = Listed::no;
};

SenderListed find_sender_listed(EvalContext& context) {
  SenderListed listed;
  listed.is_known = true;
  const std::vector<const Relay*> relays = deciding_relays(context);
  const auto note = [](Listed& place, Listed found) {
    if (place != Listed::yes && found != Listed::no) place = found;
  };
  for (const std::string& address : all_from_addresses(context)) {
    if (any_glob_matches(options(context).welcomelist_from, address)) listed.own = Listed::yes;
    note(listed.own, look_up(context, options(context).welcomelist_from_rcvd, relays, address));
    note(listed.by_default,
         look_up(context, options(context).def_welcomelist_from_rcvd, relays, address));
  }
  return listed;
}

const SenderListed& sender_listed(EvalContext& context) {
  auto& listed = context.memory.get<SenderListed>();
  if (!listed.is_known) listed = find_sender_listed(context);
  return listed;
}

double check_from_in_welcomelist(EvalContext& context, Values) {
  return sender_listed(context).own == Listed::yes;
}
double check_from_in_default_welcomelist(EvalContext& context, Values) {
  return sender_listed(context).by_default == Listed::yes;
}
double check_forged_in_welcomelist(EvalContext& context, Values) {
  const SenderListed& listed = sender_listed(context);
  return listed.own == Listed::forged && listed.by_default == Listed::no;
}
double check_forged_in_default_welcomelist(EvalContext& context, Values) {
  const SenderListed& listed = sender_listed(context);
  return listed.by_default == Listed::forged && listed.own == Listed::no;
}

/// The domain of the envelope sender is that of the relay.
double check_mailfrom_matches_rcvd(EvalContext& context, Values) {
  const std::vector<std::string> senders = header_values(context, "EnvelopeFrom", {"addr"});
  if (senders.empty()) return 0;
  const std::string_view domain = domain_of(senders.front());
  const std::size_t dot = domain.find('.', 1);
  if (dot == npos || dot + 1 == domain.size()) return 0;
  const RegistryBoundaries& boundaries = context.message.environment().boundaries;
  const std::string registered = boundaries.trim_domain(domain);
  const std::vector<const Relay*> relays = deciding_relays(context);
  return std::any_of(relays.begin(), relays.end(), [&](const Relay* relay) {
    return !relay->rdns.empty() && boundaries.trim_domain(relay->rdns) == registered;
  });
}

// --- hosts of URIs ---

constexpr std::size_t max_host_parents = 11;  ///< Names of a host that are looked up, from its end.

/// The host itself, then each domain above it.
std::vector<std::string_view> names_above(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) return {host.substr(1, host.size() - 2)};
  std::vector<std::string_view> names = {host};
  if (is_ipv4_text(host)) return names;
  for (std::size_t dot = host.find('.'); dot != npos; dot = host.find('.', dot + 1)) {
    names.push_back(host.substr(dot + 1));
  }
  const std::size_t excess = names.size() - std::min(names.size(), max_host_parents);
  names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(excess));
  return names;
}

struct HostLists {
  bool is_known = false;
  std::map<std::string, std::string, std::less<>> hit;  ///< Name of a list: the last host in it.
};

void note_lists(const Options& options, std::string_view host, HostLists& lists) {
  const std::vector<std::string_view> names = names_above(host);
  for (const auto& [list, hosts] : options.uri_host_lists) {
    for (const std::string_view name : names) {
      const auto entry = hosts.find(std::string(name));
      if (entry == hosts.end()) continue;
      if (entry->second) lists.hit.insert_or_assign(list, std::string(host));
      break;
    }
  }
}

const HostLists& host_lists(EvalContext& context) {
  auto& lists = context.memory.get<HostLists>();
  if (lists.is_known) return lists;
  lists.is_known = true;
  if (options(context).uri_host_lists.empty()) return lists;
  std::set<std::string_view> seen;
  for (const MessageUri& uri : context.message.uri_details()) {
    if (ascii::starts_with_ignoring_case(uri.uri.bytes, "mailto:")) continue;
    for (const auto& [host, domain] : uri.hosts) {
      if (seen.insert(host).second) note_lists(options(context), host, lists);
    }
  }
  return lists;
}

double has_host_in(EvalContext& context, std::string_view list) {
  const HostLists& lists = host_lists(context);
  const auto listed = lists.hit.find(list);
  if (listed == lists.hit.end()) return 0;
  context.memory.get<HitDetails>().add(context.rule_name, "URI: " + listed->second);
  return 1;
}

double check_uri_host_listed(EvalContext& context, Values values) {
  return has_host_in(context, Arguments(values).text(0));
}
double check_uri_host_in_blocklist(EvalContext& context, Values) {
  return has_host_in(context, "BLOCK");
}
double check_uri_host_in_welcomelist(EvalContext& context, Values) {
  return has_host_in(context, "WELCOME");
}

// --- subjects ---

/// A glob matches anywhere within a line of the subject.
double is_subject_in(EvalContext& context, const AddressGlobs& globs) {
  if (globs.empty()) return 0;
  for (const std::string& subject : header_values(context, "Subject")) {
    for (const std::string& glob : globs) {
      if (glob_matches("*" + glob + "*", subject)) return 1;
    }
  }
  return 0;
}

double check_subject_in_welcomelist(EvalContext& context, Values) {
  return is_subject_in(context, options(context).welcomelist_subject);
}
double check_subject_in_blocklist(EvalContext& context, Values) {
  return is_subject_in(context, options(context).blocklist_subject);
}

constexpr std::string_view lists = "WLBLEval";
constexpr std::string_view subjects = "WelcomeListSubject";
/// Names of SpamAssassin 3 stand beside those of 4.
constexpr std::array rows = {
    Eval{"check_forged_in_default_welcomelist", lists, check_forged_in_default_welcomelist},
    Eval{"check_forged_in_default_whitelist", lists, check_forged_in_default_welcomelist},
    Eval{"check_forged_in_welcomelist", lists, check_forged_in_welcomelist},
    Eval{"check_forged_in_whitelist", lists, check_forged_in_welcomelist},
    Eval{"check_from_in_blacklist", lists, check_from_in_blocklist},
    Eval{"check_from_in_blocklist", lists, check_from_in_blocklist},
    Eval{"check_from_in_default_welcomelist", lists, check_from_in_default_welcomelist},
    Eval{"check_from_in_default_whitelist", lists, check_from_in_default_welcomelist},
    Eval{"check_from_in_list", lists, check_from_in_list},
    Eval{"check_from_in_welcomelist", lists, check_from_in_welcomelist},
    Eval{"check_from_in_whitelist", lists, check_from_in_welcomelist},
    Eval{"check_mailfrom_matches_rcvd", lists, check_mailfrom_matches_rcvd},
    Eval{"check_replyto_in_list", lists, check_replyto_in_list},
    Eval{"check_subject_in_blacklist", subjects, check_subject_in_blocklist},
    Eval{"check_subject_in_blocklist", subjects, check_subject_in_blocklist},
    Eval{"check_subject_in_welcomelist", subjects, check_subject_in_welcomelist},
    Eval{"check_subject_in_whitelist", subjects, check_subject_in_welcomelist},
    Eval{"check_to_in_all_spam", lists, check_to_in_all_spam},
    Eval{"check_to_in_blacklist", lists, check_to_in_blocklist},
    Eval{"check_to_in_blocklist", lists, check_to_in_blocklist},
    Eval{"check_to_in_list", lists, check_to_in_list},
    Eval{"check_to_in_more_spam", lists, check_to_in_more_spam},
    Eval{"check_to_in_welcomelist", lists, check_to_in_welcomelist},
    Eval{"check_to_in_whitelist", lists, check_to_in_welcomelist},
    Eval{"check_uri_host_in_blacklist", lists, check_uri_host_in_blocklist},
    Eval{"check_uri_host_in_blocklist", lists, check_uri_host_in_blocklist},
    Eval{"check_uri_host_in_welcomelist", lists, check_uri_host_in_welcomelist},
    Eval{"check_uri_host_in_whitelist", lists, check_uri_host_in_welcomelist},
    Eval{"check_uri_host_listed", lists, check_uri_host_listed},
};

}  // namespace

std::span<const Eval> welcomelist_evals() {
  return rows;
}

}  // namespace postern::antispam
