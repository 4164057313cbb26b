#include "lib/antispam/network/uri_list_rules.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

/// How a URI is shown, the most telling first.
enum Prominence { shown_link, form, image, other, plain_text, empty_link, prominences };

using HostMap = std::map<std::string, std::string>;

struct FoundHosts {
  bool is_known = false;
  LinkedHosts hosts;
};

bool has_word(const RuleFlags& flags, std::string_view word) {
  return std::find(flags.words.begin(), flags.words.end(), word) != flags.words.end();
}

Prominence prominence_of(const MessageUri& uri) {
  if (uri.types.contains("a")) {
    const bool is_shown = std::any_of(uri.anchor_texts.begin(), uri.anchor_texts.end(),
                                      [](const PerlString& text) { return !text.bytes.empty(); });
    return is_shown ? shown_link : empty_link;
  }
  if (uri.types.contains("form")) return form;
  if (uri.types.contains("img")) return image;
  return uri.types.size() == 1 && uri.types.contains("parsed") ? plain_text : other;
}

/// FNV-1a. The seed keeps a sender from knowing which of many hosts are looked at.
std::uint64_t mixed(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325U ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

/// New hosts of one prominence, of which there may be too many.
void add_hosts(const HostMap& found, std::size_t limit, std::uint64_t seed, HostMap& chosen) {
  std::vector<HostMap::const_iterator> fresh;
  for (auto host = found.begin(); host != found.end(); ++host) {
    if (!chosen.contains(host->first)) fresh.push_back(host);
  }
  const std::size_t room = limit - std::min(limit, chosen.size());
  if (fresh.size() > room) {
    std::sort(fresh.begin(), fresh.end(), [seed](const auto& a, const auto& b) {
      return std::pair(mixed(a->first, seed), a->first) <
             std::pair(mixed(b->first, seed), b->first);
    });
    fresh.resize(room);
  }
  for (const auto& host : fresh) chosen.insert(*host);
}

LinkedHosts find_linked_hosts(EvalContext& context) {
  const Options& options = context.rules.options;
  const auto is_skipped = [&](const std::string& name) {
    return options.uridnsbl_skip_domains.contains(name);
  };
  std::array<HostMap, prominences> found;
  for (const MessageUri& uri : context.message.uri_details()) {
    if (options.skips_mailto_uris && ascii::starts_with_ignoring_case(uri.uri.bytes, "mailto:")) {
      continue;
    }
    for (const auto& [host, domain] : uri.hosts) {
      if (is_skipped(domain) || is_skipped(host)) continue;
      found.at(prominence_of(uri)).insert_or_assign(host, domain);
    }
  }
  HostMap chosen;
  for (const HostMap& hosts : found) {
    add_hosts(hosts, options.uridnsbl_max_domains, static_cast<std::uint64_t>(context.now), chosen);
  }
  return {chosen.begin(), chosen.end()};
}

/// Four numbers, perhaps too large, as no host has them.
bool looks_like_ipv4(std::string_view host) {
  std::size_t numbers = 0;
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view number = host.substr(0, dot);
    if (number.empty() || !std::all_of(number.begin(), number.end(), ascii::is_digit)) return false;
    ++numbers;
    if (dot == host.npos) return numbers == 4;
    host.remove_prefix(dot + 1);
  }
}

bool is_public_ipv4(std::string_view host) {
  return is_ipv4_text(host) && !is_private_ip_text(host);
}

}  // namespace

const LinkedHosts& linked_hosts(EvalContext& context) {
  auto& found = context.memory.get<FoundHosts>();
  if (!found.is_known) found = {true, find_linked_hosts(context)};
  return found.hosts;
}

std::string UriListRules::add(std::size_t index, const Rule& rule, const Options& options) {
  const auto* const test = std::get_if<UriListTest>(&rule.test);
  if (test == nullptr || options.skip_uribl_checks) return {};
  const bool is_text = ascii::equals_ignoring_case(test->type, "TXT");
  if (!is_text && !ascii::equals_ignoring_case(test->type, "A")) {
    return "only records of type A and TXT are asked for";
  }
  UriListRule made;
  made.rule = index;
  made.zone = test->zone;
  made.type = is_text ? dns::Type::txt : dns::Type::a;
  made.filter = RecordFilter::of_uri_list(test->subtest);
  made.keeps_host = has_word(rule.flags, "notrim");
  made.for_domains = !has_word(rule.flags, "ips_only");
  made.for_ips = !made.for_domains || !has_word(rule.flags, "domains_only");
  const std::string_view directive = test->directive;
  if (directive.starts_with("urirhs")) {
    by_domain_.push_back(std::move(made));
    return {};
  }
  const bool is_of_hosts = directive.starts_with("uridns") && has_word(rule.flags, "a");
  has_server_rules_ = has_server_rules_ || !is_of_hosts || has_word(rule.flags, "ns");
  if (directive.starts_with("urinsrhs")) {
    by_server_.push_back(std::move(made));
  } else if (directive.starts_with("urifullnsrhs")) {
    by_full_server_.push_back(std::move(made));
  } else if (is_of_hosts) {
    by_address_.push_back(std::move(made));
  }
  // Without "a" a rule is about addresses of name servers. SpamAssassin 4.0.1 looks these up for
  // the rules with "a" only, so that the others never hit.
  return {};
}

void UriListRules::ask(const UriListRule& rule, std::string_view subject, Run& run) {
  std::string name = looks_like_ipv4(subject) ? reversed_address(subject) : std::string(subject);
  if (name.empty()) return;
  const dns::Answer* answer = run.inquiry.ask(name.append(".").append(rule.zone), rule.type);
  if (answer == nullptr) return;
  for (const RecordText& record : record_texts(*answer)) {
    const bool is_foreign = rule.type == dns::Type::a && !record.is_loopback();
    if (rule.filter.is_any() && is_foreign) continue;
    if (rule.filter.accepts(record)) run.hits.add(rule.rule);
  }
}

void UriListRules::ask_all(const Rules& rules, std::string_view subject, Run& run) {
  for (const UriListRule& rule : rules) ask(rule, subject, run);
}

void UriListRules::ask_addresses(std::string_view host, Run& run) const {
  if (by_address_.empty()) return;
  const dns::Answer* answer = run.inquiry.ask(host, dns::Type::a);
  if (answer == nullptr) return;
  const std::size_t count = std::min(answer->addresses.size(), max_host_addresses);
  for (std::size_t i = 0; i < count; ++i) ask_all(by_address_, answer->addresses[i].text(), run);
}

void UriListRules::ask_name_servers(const std::string& domain, Run& run) const {
  const bool is_of_use = !by_server_.empty() || !by_full_server_.empty() || !by_address_.empty();
  if (!has_server_rules_ || !is_of_use) return;
  const dns::Answer* answer = run.inquiry.ask(domain, dns::Type::ns);
  if (answer == nullptr) return;
  const RegistryBoundaries& boundaries = run.context.message.environment().boundaries;
  const std::size_t count = std::min(answer->names.size(), max_name_servers);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& server = answer->names[i];
    const bool is_address = looks_like_ipv4(server);
    if (is_address && !is_public_ipv4(server)) continue;
    if (!is_address) ask_addresses(server, run);
    ask_all(by_server_, is_address ? server : boundaries.trim_domain(server), run);
    ask_all(by_full_server_, server, run);
  }
}

void UriListRules::run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const {
  Run run{context, inquiry, hits};
  for (const auto& [written_host, written_domain] : linked_hosts(context)) {
    const std::string host = ascii::to_lower(written_host);
    const bool is_ip = looks_like_ipv4(host) || host.starts_with('[');
    if (is_ip && !is_public_ipv4(host)) continue;
    const std::string domain = is_ip ? host : ascii::to_lower(written_domain);
    if (!is_ip) {
      ask_name_servers(domain, run);
      ask_addresses(host, run);
    }
    for (const UriListRule& rule : by_domain_) {
      if (is_ip ? rule.for_ips : rule.for_domains) ask(rule, rule.keeps_host ? host : domain, run);
    }
  }
}

}  // namespace postern::antispam
