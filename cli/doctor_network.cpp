#include "cli/doctor_network.hpp"

#include <algorithm>
#include <future>

#include "cli/evaluation.hpp"
#include "lib/doctor/endpoint.hpp"
#include "lib/io/probe/dns_query.hpp"
#include "lib/io/probe/https.hpp"
#include "lib/io/probe/servers.hpp"
#include "lib/io/probe/system.hpp"

namespace postern::cli {
namespace {

using doctor::DomainFacts;
using doctor::Facts;
using doctor::not_observed;
using Names = std::vector<std::string>;
using Addresses = std::vector<IpAddress>;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The addresses of several names at once, in their order.
std::vector<Addresses> look_up(Observation& seen, const Names& hosts) {
  std::vector<Addresses> found;
  resolve(*seen.resolver, seen.configuration->general, [&](const dns::Answers& answers) {
    dns::Lookups lookups(answers);
    found.assign(hosts.size(), {});
    for (std::size_t at = 0; at < hosts.size(); ++at) {
      for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
        const dns::Answer* answer = lookups.find(hosts[at], type);
        if (answer == nullptr) continue;
        found[at].insert(found[at].end(), answer->addresses.begin(), answer->addresses.end());
      }
    }
    return lookups.missing();
  });
  return found;
}

void probe_port25(const DoctorOptions& options, Observation& seen) {
  using Result = std::vector<doctor::OutboundFact>;
  if (options.offline) {
    seen.facts.outbound = not_observed<Result>("--offline");
    return;
  }
  const std::vector<Addresses> addresses = look_up(seen, options.port25_hosts);
  Result facts;
  std::vector<std::future<std::string>> probes;
  for (std::size_t at = 0; at < addresses.size(); ++at) {
    facts.push_back({options.port25_hosts[at], ""});
    probes.push_back(std::async(std::launch::async, [&options, list = addresses[at]] {
      return io::probe_smtp(list, options.timeout());
    }));
  }
  for (std::size_t at = 0; at < probes.size(); ++at) facts[at].problem = probes[at].get();
  seen.facts.outbound = std::move(facts);
}

// The server that is asked first: ours if the configuration names one, as ADDRESS or ADDRESS@PORT.
io::NameServer first_server(const Facts& facts) {
  constexpr std::uint16_t dns_port = 53;
  if (facts.config && !facts.config->dns_servers.empty()) {
    const std::string& text = facts.config->dns_servers.front();
    const std::size_t at = text.find('@');
    const auto address = parse_ip_address(text.substr(0, at));
    const auto full = at == text.npos
                          ? parse_host_port("")
                          : parse_host_port("[" + text.substr(0, at) + "]:" + text.substr(at + 1));
    if (full) return {full->address, full->port};
    if (address) return {*address, dns_port};
  }
  if (facts.name_servers && !facts.name_servers->empty()) {
    return {facts.name_servers->front(), dns_port};
  }
  return {IpAddress::v4({127, 0, 0, 1}), dns_port};
}

void ask_name_server(const DoctorOptions& options, Observation& seen) {
  Facts& facts = seen.facts;
  const io::NameServer server = first_server(facts);
  const auto why = [&]() -> std::string {
    if (!options.zone_file.empty()) return "DNS is answered by " + options.zone_file;
    return options.offline ? "--offline" : "";
  }();
  if (!why.empty()) {
    facts.authenticated_data = not_observed<bool>(why);
    for (DomainFacts& domain : facts.domains) {
      domain.services = not_observed<std::vector<doctor::ServiceFact>>(why);
    }
    return;
  }
  facts.authenticated_data = io::probe_authenticated_data(server, options.timeout());
  bool answers = true;  // a server that is silent once is not waited for again and again
  for (DomainFacts& domain : facts.domains) {
    if (answers) {
      domain.services = io::probe_services(server, domain.domain, options.timeout());
      answers = domain.services.has_value();
    } else {
      domain.services = not_observed<std::vector<doctor::ServiceFact>>("the name server is silent");
    }
  }
}

void fetch_policy(const DoctorOptions& options, const Addresses& addresses, DomainFacts& domain) {
  const std::string host = "mta-sts." + domain.domain;
  const auto text = io::fetch_https(host, "/.well-known/mta-sts.txt", addresses, options.timeout());
  domain.sts_policy_failed = true;
  if (!text) {
    domain.sts_policy = not_observed<records::StsPolicy>("cannot be fetched: " + text.error());
    return;
  }
  auto policy = records::parse_sts_policy(*text);
  if (policy) {
    domain.sts_policy = std::move(*policy);
    domain.sts_policy_failed = false;
  } else {
    domain.sts_policy = not_observed<records::StsPolicy>(std::string(policy.error().problem));
  }
}

// Of each domain whose web server has an address. A few at a time, since each may be slow.
void fetch_policies(const DoctorOptions& options, Observation& seen) {
  std::vector<DomainFacts>& domains = seen.facts.domains;
  if (options.offline) {
    for (DomainFacts& domain : domains) {
      domain.sts_policy = not_observed<records::StsPolicy>("is not fetched: --offline");
    }
    return;
  }
  Names hosts;
  for (const DomainFacts& domain : domains) hosts.push_back("mta-sts." + domain.domain);
  const std::vector<Addresses> addresses = look_up(seen, hosts);
  constexpr std::size_t at_a_time = 8;
  for (std::size_t first = 0; first < domains.size(); first += at_a_time) {
    std::vector<std::future<void>> running;
    for (std::size_t at = first; at < std::min(first + at_a_time, domains.size()); ++at) {
      running.push_back(std::async(std::launch::async, [&options, &addresses, &domains, at] {
        fetch_policy(options, addresses[at], domains[at]);
      }));
    }
    for (std::future<void>& each : running) each.get();
  }
}

}  // namespace

Expected<HostPort, std::string> parse_host_port(const std::string& text) {
  const auto endpoint = doctor::parse_postfix_endpoint("inet:" + text);
  const auto address = endpoint ? parse_ip_address(endpoint->host) : parse_ip_address("");
  if (!address) {
    return Unexpected<std::string>("\"" + text + "\" is not of the form ADDRESS:PORT");
  }
  return HostPort{*address, endpoint->port};
}

void probe_network(const DoctorOptions& options, const Names& names, Observation& seen) {
  Facts& facts = seen.facts;
  facts.name_servers = io::read_name_servers();
  if (facts.addresses.empty() && !facts.host.empty()) {
    facts.addresses = look_up(seen, {facts.host}).front();
    facts.addresses_from = "DNS";
  }
  auto port25 = std::async(std::launch::async, [&] {
    if (contains(names, "port25")) probe_port25(options, seen);
  });
  auto policies = std::async(std::launch::async, [&] {
    if (contains(names, "mta-sts")) fetch_policies(options, seen);
  });
  if (contains(names, "dnssec") || contains(names, "srv")) ask_name_server(options, seen);
  port25.get();
  policies.get();
}

}  // namespace postern::cli
