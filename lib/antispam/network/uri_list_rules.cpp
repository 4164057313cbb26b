#include "lib/antispam/network/uri_list_rules.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/network/chosen.hpp"
#include "lib/antispam/network/hit_texts.hpp"
#include "lib/antispam/network/origins.hpp"
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

/// New hosts of one prominence, in an order that nobody outside knows; perhaps not all.
void add_hosts(const HostMap& found, std::size_t limit, const Secret& secret, LinkedHosts& chosen) {
  std::vector<std::string> fresh;
  for (const auto& [host, domain] : found) {
    const bool is_known = std::any_of(chosen.begin(), chosen.end(),
                                      [&](const auto& known) { return known.first == host; });
    if (!is_known) fresh.push_back(host);
  }
  order_by_secret(fresh, secret);
  fresh.resize(std::min(fresh.size(), limit - std::min(limit, chosen.size())));
  for (std::string& host : fresh) chosen.emplace_back(host, found.at(host));
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
      if (is_skipped(domain) || is_skipped(host) || !may_tell(context, host)) continue;
      found.at(prominence_of(uri)).insert_or_assign(host, domain);
    }
  }
  LinkedHosts chosen;
  for (const HostMap& hosts : found) {
    add_hosts(hosts, options.uridnsbl_max_domains, context.secret, chosen);
  }
  return chosen;
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
  made.keeps_host = rule.flags.has_word("notrim");
  made.for_domains = !rule.flags.has_word("ips_only");
  made.for_ips = !made.for_domains || !rule.flags.has_word("domains_only");
  const std::string_view directive = test->directive;
  if (directive.starts_with("urirhs")) {
    by_domain_.push_back(std::move(made));
    return {};
  }
  const bool is_of_hosts = directive.starts_with("uridns") && rule.flags.has_word("a");
  has_server_rules_ = has_server_rules_ || !is_of_hosts || rule.flags.has_word("ns");
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

void UriListRules::ask(const UriListRule& rule, std::string_view subject, Worth worth, Run& run) {
  if (looks_like_ipv4(subject) && !is_ipv4_text(subject)) return;
  const dns::Answer* answer =
      run.inquiry.ask_list(subject, rule.zone, rule.type, {rule.rule, worth});
  if (answer == nullptr) return;
  for (const RecordText& record : record_texts(*answer)) {
    const bool is_foreign = rule.type == dns::Type::a && !record.is_loopback();
    if (rule.filter.is_any() && is_foreign) continue;
    if (!rule.filter.accepts(record)) continue;
    const auto host = run.host_of.find(subject);
    const std::string origin = host == run.host_of.end() ? "" : host->second + "/";
    add_hit(run.context, run.hits, rule.rule, "URI: " + origin + std::string(subject));
  }
}

void UriListRules::ask_all(const Rules& rules, std::string_view subject, Run& run) {
  for (const UriListRule& rule : rules) ask(rule, subject, Worth::server, run);
}

std::vector<std::string> UriListRules::addresses_of(const Names& hosts, Run& run) const {
  std::vector<std::string> addresses;
  if (by_address_.empty()) return addresses;
  const Asker asker{by_address_.front().rule, Worth::server};
  for (const std::string& host : hosts) {
    const dns::Answer* answer = run.inquiry.ask(host, dns::Type::a, asker);
    if (answer == nullptr) continue;
    const std::size_t count = std::min(answer->addresses.size(), max_host_addresses);
    for (std::size_t i = 0; i < count; ++i) {
      addresses.push_back(answer->addresses[i].text());
      run.host_of.emplace(addresses.back(), host);
    }
  }
  return addresses;
}

UriListRules::Names UriListRules::servers_of(const Names& domains, Run& run) const {
  Names servers;
  const Rules* asking = &by_server_;
  for (const Rules* rules : {&by_full_server_, &by_address_}) {
    if (asking->empty()) asking = rules;
  }
  if (!has_server_rules_ || asking->empty()) return servers;
  const Asker asker{asking->front().rule, Worth::server};
  for (const std::string& domain : domains) {
    const dns::Answer* answer = run.inquiry.ask(domain, dns::Type::ns, asker);
    if (answer == nullptr) continue;
    const std::size_t count = std::min(answer->names.size(), max_name_servers);
    servers.insert(servers.end(), answer->names.begin(),
                   answer->names.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return servers;
}

// In the order in which answers make new questions of it, so that each host gets its turn before
// the limit is reached.
void UriListRules::ask_about_servers(const Names& hosts, const Names& domains, Run& run) const {
  const RegistryBoundaries& boundaries = run.context.message.environment().boundaries;
  Names named;
  const Names servers = servers_of(domains, run);
  Names addresses = addresses_of(hosts, run);
  for (const std::string& server : servers) {
    const bool is_address = looks_like_ipv4(server);
    if (!may_tell(run.context, server)) continue;
    if (!is_address) named.push_back(server);
    ask_all(by_server_, is_address ? server : boundaries.trim_domain(server), run);
    ask_all(by_full_server_, server, run);
  }
  const Names more = addresses_of(named, run);
  addresses.insert(addresses.end(), more.begin(), more.end());
  for (const std::string& address : addresses) ask_all(by_address_, address, run);
}

void UriListRules::run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const {
  Run run{context, inquiry, hits, {}};
  Names hosts, domains;
  for (const auto& [written_host, written_domain] : linked_hosts(context)) {
    const std::string host = ascii::to_lower(written_host);
    const bool is_ip = looks_like_ipv4(host) || host.starts_with('[');
    if (is_ip && !is_ipv4_text(host)) continue;
    const std::string domain = is_ip ? host : ascii::to_lower(written_domain);
    if (!is_ip) hosts.push_back(host);
    if (!is_ip) domains.push_back(domain);
    for (const UriListRule& rule : by_domain_) {
      if (!(is_ip ? rule.for_ips : rule.for_domains)) continue;
      ask(rule, rule.keeps_host ? host : domain, Worth::link, run);
    }
  }
  ask_about_servers(hosts, domains, run);
}

}  // namespace postern::antispam
