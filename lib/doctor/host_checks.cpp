// Checks of names and addresses: the host's name, PTR and HELO, MX.
#include <algorithm>

#include "lib/doctor/check.hpp"
#include "lib/doctor/resolv_conf.hpp"
#include "lib/doctor/support.hpp"
#include "lib/spf/client_names.hpp"

namespace postern::doctor {
namespace {

std::string hostname_remedy() {
  return "postconf -e myhostname=mail.example.org   (your host's full name)";
}

std::string ptr_remedy(const Context& context, const IpAddress& address) {
  const std::string& helo = context.facts().helo;
  return "have the provider set the reverse name of " + address.text() + " to " +
         (is_public_name(helo) ? helo : "this host's full name");
}

// Whether the name leads back to the address.
enum class Way { missing, failed, back, elsewhere };
Way forward_way(Context& context, const std::string& name, const IpAddress& address) {
  const auto type = address.is_v4() ? dns::Type::a : dns::Type::aaaa;
  const dns::Answer* answer = context.lookups().find(name, type);
  if (answer == nullptr) return Way::missing;
  if (answer->is_failure()) return Way::failed;
  return contains(answer->addresses, address) ? Way::back : Way::elsewhere;
}

void judge_reverse_name(Context& context, const IpAddress& address, const std::string& name) {
  const std::string text = address.text();
  const std::string& helo = context.facts().helo;
  const std::string shown = printable(name);
  const Way way = forward_way(context, name, address);
  const auto type = std::string(address.is_v4() ? "A " : "AAAA ");
  if (way == Way::missing) return;
  if (way == Way::failed) {
    context.skipped(text, "reverse name is " + shown + ", and DNS gave no answer for that name");
  } else if (way == Way::elsewhere) {
    context.error(
        text, "reverse name is " + shown + ", but that name does not have this address",
        "publish: " + shown + ". 3600 IN " + type + text + ", or " + ptr_remedy(context, address));
  } else if (!helo.empty() && name != helo) {
    context.warning(text, "reverse name is " + shown + ", but this host says HELO " + helo,
                    ptr_remedy(context, address));
  } else {
    context.ok(text, "reverse name is " + shown + ", and leads back");
  }
}

void judge_address(Context& context, const IpAddress& address) {
  const std::string text = address.text();
  const dns::Answer* answer = context.lookups().find(spf::reverse_name(address), dns::Type::ptr);
  if (answer == nullptr) return;
  if (answer->is_failure()) {
    context.skipped(text, failure_text(spf::reverse_name(address), *answer));
  } else if (answer->names.empty()) {
    context.error(text, "has no reverse name (PTR); many servers refuse mail from it",
                  ptr_remedy(context, address));
  } else {
    // Several names: the one that is said in HELO counts, if it is among them.
    const auto own = std::find(answer->names.begin(), answer->names.end(), context.facts().helo);
    judge_reverse_name(context, address, own != answer->names.end() ? *own : answer->names.front());
  }
}

bool holds_ours(const Addresses& addresses, const Facts& facts) {
  return std::any_of(addresses.found.begin(), addresses.found.end(),
                     [&](const IpAddress& found) { return contains(facts.addresses, found); });
}

// Which of the exchanges leads here; nothing while an answer is missing.
enum class Here { missing, unknown, no, yes };
Here leads_here(Context& context, const dns::MxRecord& record) {
  if (record.exchange == context.facts().host) return Here::yes;
  const Addresses addresses = find_addresses(context, record.exchange);
  if (!addresses.is_known) return Here::missing;
  if (holds_ours(addresses, context.facts())) return Here::yes;
  return addresses.failed ? Here::unknown : Here::no;
}

std::string mx_remedy(const Context& context, const std::string& domain) {
  return "publish: " + domain + ". 3600 IN MX 10 " + wanted_host(context.facts(), domain) + ".";
}

void judge_exchanges(Context& context, const std::string& domain, const dns::Answer& answer) {
  const std::string remedy = mx_remedy(context, domain);
  const auto best = std::min_element(answer.exchanges.begin(), answer.exchanges.end());
  if (best->exchange.empty()) {
    context.error(domain, "says that it takes no mail (null MX)", remedy);
    return;
  }
  bool any_here = false;
  bool best_here = false;
  for (const dns::MxRecord& record : answer.exchanges) {
    if (record.exchange.empty()) continue;
    const Here here = leads_here(context, record);
    any_here = any_here || here == Here::yes;
    best_here = best_here || (here == Here::yes && record.preference == best->preference);
  }
  if (!any_here) {
    context.error(domain, "its mail goes to " + printable(best->exchange) + ", not to this host",
                  remedy);
  } else if (!best_here) {
    context.info(domain,
                 "this host is a backup; mail goes to " + printable(best->exchange) + " first");
  } else {
    context.ok(domain, "its mail is delivered to this host");
  }
}

}  // namespace

void check_host_name(Context& context) {
  const Facts& facts = context.facts();
  if (facts.host.empty()) {
    context.skipped("myhostname", facts.postfix ? "Postfix names no host" : facts.postfix.error());
    return;
  }
  if (!is_public_name(facts.host)) {
    context.error(facts.host, "is no name that others can look up", hostname_remedy());
    return;
  }
  const Addresses addresses = find_addresses(context, facts.host);
  if (!addresses.is_known) return;
  if (addresses.found.empty() && addresses.failed) {
    context.skipped(facts.host, "DNS gave no answer for its addresses");
  } else if (addresses.found.empty()) {
    const IpAddress address = facts.addresses.empty() ? IpAddress() : facts.addresses.front();
    context.error(facts.host, "has no address in DNS",
                  facts.addresses.empty()
                      ? "publish an A record for " + facts.host
                      : "publish: " + facts.host + ". 3600 IN " +
                            (address.is_v4() ? "A " : "AAAA ") + address.text());
  } else if (!facts.addresses.empty() && !holds_ours(addresses, facts)) {
    context.warning(facts.host,
                    "leads to " + join(addresses.found) + ", but this host sends from " +
                        join(facts.addresses) + " (" + facts.addresses_from + ")",
                    "mend the A and AAAA records of " + facts.host +
                        ", or name the right address: postern doctor --ip ADDRESS");
  } else {
    context.ok(facts.host, "is the name of this host, at " + join(addresses.found));
  }
}

void check_reverse(Context& context) {
  const Facts& facts = context.facts();
  if (const std::string relay = relay_of(facts); !relay.empty()) {
    context.skipped("addresses", "mail goes out through " + relay + " (relayhost)");
    return;
  }
  bool any = false;
  for (const IpAddress& address : facts.addresses) {
    if (!is_global(address)) continue;
    any = true;
    judge_address(context, address);
  }
  if (!any) {
    context.skipped("addresses", "no public address of this host is known; give it with --ip");
  }
}

void check_mx(Context& context) {
  if (context.facts().domains.empty()) {
    context.skipped("domains", "no domain is known; name it: postern doctor example.org");
  }
  for (const DomainFacts& each : context.facts().domains) {
    const std::string& domain = each.domain;
    const dns::Answer* answer = context.lookups().find(domain, dns::Type::mx);
    if (answer == nullptr) continue;
    if (answer->is_failure()) {
      context.skipped(domain, failure_text(domain, *answer));
    } else if (answer->exchanges.empty()) {
      context.error(domain, "has no MX record", mx_remedy(context, domain));
    } else {
      judge_exchanges(context, domain, *answer);
    }
  }
}

}  // namespace postern::doctor
