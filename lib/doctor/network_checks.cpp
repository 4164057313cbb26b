// Checks of the network around the host: port 25, name servers, DNS lists, DNSSEC.
#include <algorithm>

#include "lib/doctor/check.hpp"
#include "lib/doctor/resolv_conf.hpp"
#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

// The test entry of RFC 5782 §5: every working list has it.
constexpr std::string_view list_zone = "zen.spamhaus.org";
constexpr std::string_view test_entry = "2.0.0.127.zen.spamhaus.org";

std::string own_resolver_remedy() {
  return "apt-get install unbound, then in /etc/resolv.conf: nameserver 127.0.0.1";
}

// Codes 127.255.255.N mean that the list refuses to answer.
std::string_view refusal(const IpAddress& address) {
  constexpr std::uint8_t reserved = 255;
  const auto& bytes = address.bytes();
  if (!address.is_v4() || bytes[0] != 127 || bytes[1] != reserved || bytes[2] != reserved) {
    return {};
  }
  switch (bytes[3]) {
    case 252: return "it says that the name asked for is mistyped";
    case 254: return "it says that the question came through a public resolver";
    case reserved: return "it says that this resolver asks too often";
    default: return "it refuses to answer";
  }
}

// Servers as "ADDRESS" or "ADDRESS@PORT" of our configuration.
void add_configured(const OwnConfig& config, std::vector<IpAddress>& servers) {
  for (const std::string& server : config.dns_servers) {
    const auto address = parse_ip_address(std::string_view(server).substr(0, server.find('@')));
    if (address && !contains(servers, *address)) servers.push_back(*address);
  }
}

void judge_outbound(Context& context, const std::vector<OutboundFact>& outbound) {
  std::vector<std::string> reached;
  std::vector<std::string> failed;
  bool any_address = false;
  for (const OutboundFact& fact : outbound) {
    any_address = any_address || fact.problem != no_address;
    if (fact.problem.empty()) {
      reached.push_back(fact.host);
    } else {
      failed.push_back(fact.host + ": " + fact.problem);
    }
  }
  if (!reached.empty()) {
    context.ok("port 25", "mail servers elsewhere answer (" + join(reached) + ")");
  } else if (!any_address) {
    context.skipped("port 25", "DNS has no address for any of the servers to be tried");
  } else {
    context.add(Severity::error, "port 25", "no mail server elsewhere can be reached",
                "ask the provider to open outgoing TCP port 25, or set relayhost in main.cf",
                join(failed));
  }
}

}  // namespace

void check_outbound(Context& context) {
  const Facts& facts = context.facts();
  const std::string relay = relay_of(facts);
  if (!relay.empty()) {
    context.skipped("port 25", "mail goes out through " + relay + " (relayhost)");
  } else if (!facts.outbound) {
    context.skipped("port 25", facts.outbound.error());
  } else {
    judge_outbound(context, *facts.outbound);
  }
}

void check_resolver(Context& context) {
  const Facts& facts = context.facts();
  if (!facts.name_servers) {
    context.skipped("/etc/resolv.conf", facts.name_servers.error());
    return;
  }
  std::vector<IpAddress> servers = *facts.name_servers;
  if (facts.config) add_configured(*facts.config, servers);
  for (const IpAddress& server : servers) {
    const std::string_view who = public_resolver(server);
    if (!who.empty()) {
      context.warning(
          server.text(),
          "is the public resolver of " + std::string(who) + ": DNS lists refuse to answer it",
          own_resolver_remedy());
    } else {
      context.ok(server.text(), "is no public resolver");
    }
  }
  if (servers.empty()) context.info("/etc/resolv.conf", "names no server; 127.0.0.1 is asked");
}

void check_dns_lists(Context& context) {
  const std::string list(list_zone);
  if (!context.facts().asks_dns_lists) {
    context.skipped(list, "--offline");
    return;
  }
  const dns::Answer* answer = context.lookups().find(std::string(test_entry), dns::Type::a);
  if (answer == nullptr) return;
  if (answer->is_failure()) {
    context.skipped(list, failure_text(std::string(test_entry), *answer));
    return;
  }
  for (const IpAddress& address : answer->addresses) {
    const std::string_view why = refusal(address);
    if (why.empty()) continue;
    context.warning(list, "does not serve this host: " + std::string(why), own_resolver_remedy());
    return;
  }
  if (answer->addresses.empty()) {
    context.warning(list,
                    "does not know its own test entry: it is blocked, or answers are filtered",
                    own_resolver_remedy());
  } else {
    context.ok(list, "answers this host");
  }
}

void check_dnssec(Context& context) {
  const Facts& facts = context.facts();
  const bool own = facts.config && facts.config->dnssec;
  if (!facts.authenticated_data) {
    context.skipped("name server", facts.authenticated_data.error());
  } else if (*facts.authenticated_data) {
    context.ok("name server", "validates with DNSSEC");
  } else if (own) {
    context.info("name server", "does not validate with DNSSEC; Postern does it itself",
                 own_resolver_remedy());
  } else {
    context.warning("name server",
                    "does not validate with DNSSEC: forged answers about keys and policies count",
                    own_resolver_remedy());
  }
}

}  // namespace postern::doctor
