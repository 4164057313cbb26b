// Tests of the checks of port 25, name servers, DNS lists, and DNSSEC.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

TEST_CASE("check_outbound: one server that answers is enough", "[doctor]") {
  using Outbound = Observed<std::vector<OutboundFact>>;
  const Outbound unknown = not_observed<std::vector<OutboundFact>>("--offline");
  const std::string none(no_address);
  const auto [outbound, severity, part] = GENERATE_COPY(table<Outbound, Severity, std::string>({
      {std::vector<OutboundFact>{{"a", "no answer in time"}, {"b", ""}}, Severity::ok, "(b)"},
      {std::vector<OutboundFact>{{"a", "no answer in time"}, {"b", none}}, Severity::error,
       "no mail server elsewhere"},
      {std::vector<OutboundFact>{{"a", none}, {"b", none}}, Severity::skipped, "DNS"},
      {unknown, Severity::skipped, "--offline"},
  }));
  Facts facts = healthy_facts();
  facts.outbound = outbound;
  check_finding(worst_of(facts, healthy_zone(), "port25"), severity, part);
}

TEST_CASE("check_outbound: with a relay, addresses and port 25 do not matter", "[doctor]") {
  Facts facts = healthy_facts();
  facts.outbound = std::vector<OutboundFact>{{"a", "no answer in time"}};
  facts.postfix->values["relayhost"] = "[relay.example.net]:587";
  for (const char* check : {"port25", "spf", "reverse"}) {
    check_finding(worst_of(facts, Zone::object(), check), Severity::skipped, "relay.example.net");
  }
}

TEST_CASE("check_resolver: public resolvers are named", "[doctor]") {
  const auto [server, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {"127.0.0.1", Severity::ok, "no public resolver"},
      {"192.168.1.1", Severity::ok, "no public resolver"},
      {"8.8.8.8", Severity::warning, "Google"},
      {"1.1.1.2", Severity::warning, "Cloudflare"},
      {"2620:fe::fe", Severity::warning, "Quad9"},
  }));
  Facts facts = healthy_facts();
  facts.name_servers = std::vector<IpAddress>{parse_ip_address(server).value()};
  check_finding(worst_of(facts, healthy_zone(), "resolver"), severity, part);
}

TEST_CASE("check_resolver: servers of our own configuration count", "[doctor]") {
  Facts facts = healthy_facts();
  facts.config->dns_servers = {"8.8.4.4@53"};
  check_finding(worst_of(facts, healthy_zone(), "resolver"), Severity::warning, "Google");
  facts.name_servers = not_observed<std::vector<IpAddress>>("why");
  check_finding(worst_of(facts, healthy_zone(), "resolver"), Severity::skipped, "why");
}

TEST_CASE("check_dns_lists: answers of the test entry", "[doctor][rfc5782-5]") {
  const auto [addresses, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {R"(["127.0.0.2", "127.0.0.4", "127.0.0.10"])", Severity::ok, "answers this host"},
      {R"(["127.255.255.254"])", Severity::warning, "public resolver"},
      {R"(["127.255.255.255"])", Severity::warning, "too often"},
      {R"(["127.255.255.252"])", Severity::warning, "mistyped"},
      {"[]", Severity::warning, "does not know its own test entry"},
      {R"("TIMEOUT")", Severity::skipped, "no reply in time"},
  }));
  Zone zone = healthy_zone();
  zone["2.0.0.127.zen.spamhaus.org"]["A"] = Zone::parse(addresses);
  Facts facts = healthy_facts();
  check_finding(worst_of(facts, zone, "dns-lists"), severity, part);
  facts.asks_dns_lists = false;
  check_finding(worst_of(facts, zone, "dns-lists"), Severity::skipped, "--offline");
}

TEST_CASE("check_dnssec: who validates", "[doctor]") {
  Facts facts = healthy_facts();
  facts.authenticated_data = false;
  check_finding(worst_of(facts, healthy_zone(), "dnssec"), Severity::warning, "does not validate");
  facts.config->dnssec = true;
  check_finding(worst_of(facts, healthy_zone(), "dnssec"), Severity::info, "Postern does it");
  facts.authenticated_data = not_observed<bool>("why");
  check_finding(worst_of(facts, healthy_zone(), "dnssec"), Severity::skipped, "why");
}

}  // namespace
}  // namespace postern::doctor
