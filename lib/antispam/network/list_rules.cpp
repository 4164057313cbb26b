#include "lib/antispam/network/list_rules.hpp"

#include <algorithm>
#include <array>

#include "lib/antispam/evals/addresses.hpp"
#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/message/environment.hpp"
#include "lib/antispam/network/hit_texts.hpp"
#include "lib/antispam/network/origins.hpp"
#include "lib/antispam/text/ip_text.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

/// Where a message says who sent it, if the configuration names no headers.
constexpr std::string_view usual_headers =
    "EnvelopeFrom,Reply-To,Disposition-Notification-To,X-WebmailclientIP,X-Source-IP";

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

void keep_first(std::vector<std::string>& values) {
  values.resize(std::min<std::size_t>(values.size(), 1));
}

std::string_view without_dot(std::string_view host) {
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

/// Ip, name of us, HELO, and reverse name of the relay farthest away.
std::vector<std::string> last_relay_hosts(EvalContext& context) {
  const std::vector<Relay>& untrusted = context.message.relays().untrusted;
  std::vector<std::string> hosts;
  if (untrusted.empty()) return hosts;
  const Relay& last = untrusted.back();
  for (const std::string* host : {&last.ip, &last.by, &last.helo, &last.rdns}) {
    if (!host->empty()) hosts.emplace_back(without_dot(*host));
  }
  return hosts;
}

std::vector<std::string> domains_of_senders(EvalContext& context) {
  std::vector<std::string> domains;
  const RegistryBoundaries& boundaries = context.message.environment().boundaries;
  for (const std::string& address : all_from_addresses(context)) {
    std::string domain = boundaries.host_and_domain(address).second;
    if (!domain.empty()) domains.push_back("dummy@" + domain);
  }
  return address_hosts(domains);
}

/// Hosts of the addresses in these headers, or lines of them that are an address or a host name.
std::vector<std::string> header_hosts(EvalContext& context,
                                      const std::vector<std::string>& headers) {
  std::vector<std::string> hosts;
  for (const std::string& header : headers) {
    const std::string address = context.message.header_text(header + ":addr");
    if (!domain_of(address).empty()) {
      for (std::string& host : address_hosts({&address, 1})) hosts.push_back(std::move(host));
      continue;
    }
    const std::string text = context.message.header_text(header);
    for (const std::string_view line : lines_of(text)) {
      if (hosts.size() < max_checked_senders) hosts.emplace_back(line);
    }
  }
  return hosts;
}

/// SpamAssassin asks NS and then reads the SOA that only comes with an answer without NS; here it
/// is the name servers, as its manual says.
std::vector<std::string> name_servers(EvalContext& context, ListInquiry& inquiry,
                                      std::size_t rule) {
  const std::string sender = context.message.header_text("EnvelopeFrom:addr");
  const std::vector<std::string> hosts = address_hosts({&sender, 1});
  if (hosts.empty() || !may_tell(context, hosts.front())) return {};
  const dns::Answer* answer = inquiry.ask(hosts.front(), dns::Type::ns, {rule, Worth::server});
  return answer == nullptr ? std::vector<std::string>() : answer->names;
}

/// Lists have a host by its name, and an address.
bool is_askable(EvalContext& context, const std::string& subject, bool domains_only,
                bool ips_only) {
  if (is_ip_text(subject)) return !domains_only;
  return !ips_only && is_public_host(context, subject);
}

}  // namespace

std::optional<ListRules::Subject> ListRules::subject_of(std::string_view function) {
  constexpr auto subjects = std::to_array<std::pair<std::string_view, Subject>>({
      {"check_rbl", Subject::relays},
      {"check_rbl_txt", Subject::relays},
      {"check_rbl_accreditor", Subject::accredited},
      {"check_rbl_from_host", Subject::senders},
      {"check_rbl_from_domain", Subject::sender_domains},
      {"check_rbl_envfrom", Subject::envelope},
      {"check_rbl_ns_from", Subject::name_servers},
      {"check_rbl_headers", Subject::headers},
      {"check_rbl_rcvd", Subject::last_relay},
  });
  for (const auto& [name, subject] : subjects) {
    if (name == function) return subject;
  }
  return std::nullopt;
}

ListRules::Choice ListRules::choice_of(std::string_view set) {
  if (set.ends_with("-notfirsthop")) return Choice::not_first_hop;
  if (set.ends_with("-lastexternal")) return Choice::last_external;
  if (set.ends_with("-firsttrusted")) return Choice::first_trusted;
  return set.ends_with("-untrusted") ? Choice::untrusted : Choice::any;
}

// check_rbl…(set, zone, subtest, accreditor or headers), check_rbl_sub(set, subtest)
std::string ListRules::add(std::size_t index, const Rule& rule, const RegexSource& regexes,
                           const Options& options) {
  const auto* const test = std::get_if<EvalTest>(&rule.test);
  if (test == nullptr || !test->is_rbl || options.skip_rbl_checks) return {};
  const Arguments arguments(test->arguments);
  const bool is_sub = test->function == "check_rbl_sub";
  const auto subject = subject_of(test->function);
  if (!is_sub && !subject) return {};
  const std::string_view subtest = arguments.text(is_sub ? 1 : 2);
  if (!arguments.has(1))
    return "its function needs a set and " + std::string(is_sub ? "a subtest" : "a zone");
  if (subtest.starts_with("sb:")) return "SenderBase is no more; remove it";
  const auto filter = RecordFilter::of_rbl(subtest, regexes);
  if (!filter) return "its subtest is no pattern";
  auto& sub_rules = sub_rules_[std::string(arguments.text(0))];
  if (is_sub) {
    sub_rules.emplace_back(index, *filter);
    return {};
  }
  ListRule made;
  made.rule = index;
  made.subject = *subject;
  made.choice = choice_of(arguments.text(0));
  made.type = test->function == "check_rbl_txt" ? dns::Type::txt : dns::Type::a;
  made.zone = arguments.text(1);
  made.sub_rules = &sub_rules;
  made.filter = *filter;
  made.accreditor = arguments.text(3);
  made.headers = split_at_commas(arguments.has(3)              ? arguments.text(3)
                                 : options.rbl_headers.empty() ? usual_headers
                                                               : options.rbl_headers);
  made.nice = rule.flags.nice;
  made.domains_only = rule.flags.has_word("domains_only");
  made.ips_only = rule.flags.has_word("ips_only");
  rules_.push_back(std::move(made));
  return {};
}

std::vector<std::string> ListRules::relay_subjects(const ListRule& rule, EvalContext& context) {
  const RelayAddresses& relays = relay_addresses(context);
  if (!relays.has_any) return {};
  std::vector<std::string> ips;
  switch (rule.choice) {
    case Choice::last_external:
      ips = relays.external;
      keep_first(ips);
      break;
    case Choice::not_first_hop:
      ips = relays.external;
      if (ips.size() > 1) ips.pop_back();
      break;
    case Choice::first_trusted:
      ips = relays.untrusted_and_originating;
      keep_first(ips);
      break;
    case Choice::untrusted:
      ips = relays.untrusted_and_originating;
      if (!ips.empty()) ips.erase(ips.begin());
      break;
    case Choice::any:
      ips = relays.untrusted_and_originating;
      std::reverse(ips.begin(), ips.end());
      break;
  }
  ips.resize(std::min(ips.size(), max_checked_relays));
  const auto is_stranger = [&](const std::string& ip) {
    const auto address = parse_ip_address(ip);
    return !address || !context.rules.options.trusted_networks.contains(*address);
  };
  // Those whom we trust are looked for in welcome lists only.
  if (!rule.nice) ips.erase(ips.begin(), std::find_if(ips.begin(), ips.end(), is_stranger));
  return ips;
}

std::vector<std::string> ListRules::subjects(const ListRule& rule, EvalContext& context,
                                             ListInquiry& inquiry) {
  std::vector<std::string> found;
  switch (rule.subject) {
    case Subject::relays: return relay_subjects(rule, context);
    case Subject::accredited: {
      const std::vector<std::string> names = accreditors(context);
      const bool is_named = std::find(names.begin(), names.end(), rule.accreditor) != names.end();
      return is_named ? relay_subjects(rule, context) : found;
    }
    case Subject::senders: found = address_hosts(all_from_addresses(context)); break;
    case Subject::sender_domains: found = domains_of_senders(context); break;
    case Subject::envelope:
      found = address_hosts(std::array{context.message.header_text("EnvelopeFrom:addr")});
      break;
    case Subject::name_servers: found = name_servers(context, inquiry, rule.rule); break;
    case Subject::headers: found = header_hosts(context, rule.headers); break;
    case Subject::last_relay: found = last_relay_hosts(context); break;
  }
  found.resize(std::min(found.size(), max_checked_senders));
  return found;
}

Worth ListRules::worth_of(const ListRule& rule, EvalContext& context, std::string_view subject) {
  switch (rule.subject) {
    case Subject::relays:
    case Subject::accredited:
    case Subject::last_relay:
      return subject == relay_addresses(context).client ? Worth::client : Worth::other;
    case Subject::senders:
    case Subject::sender_domains:
    case Subject::envelope: return Worth::sender;
    case Subject::name_servers: return Worth::server;
    case Subject::headers: break;
  }
  return Worth::other;
}

void ListRules::run(EvalContext& context, ListInquiry& inquiry, NetworkHits& hits) const {
  for (const ListRule& rule : rules_) {
    for (const std::string& subject : subjects(rule, context, inquiry)) {
      if (!is_askable(context, subject, rule.domains_only, rule.ips_only)) continue;
      const Asker asker{rule.rule, worth_of(rule, context, subject)};
      const dns::Answer* answer = inquiry.ask_list(subject, rule.zone, rule.type, asker);
      if (answer == nullptr) continue;
      for (const RecordText& record : record_texts(*answer)) {
        if (rule.type == dns::Type::a && !record.is_loopback()) continue;
        const std::string text = listing_text(subject, rule.zone, rule.type, record);
        if (rule.filter.accepts(record)) add_hit(context, hits, rule.rule, text);
        for (const auto& [sub_rule, filter] : *rule.sub_rules) {
          if (filter.accepts(record)) add_hit(context, hits, sub_rule, text);
        }
      }
    }
  }
}

}  // namespace postern::antispam
