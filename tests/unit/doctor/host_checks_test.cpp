// Tests of the checks of names and addresses.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

TEST_CASE("check_host_name: names", "[doctor]") {
  const auto [name, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {"mail.example.org", Severity::ok, "at 192.0.2.1"},
      {"mail", Severity::error, "no name that others can look up"},
      {"mail.local", Severity::error, "no name that others can look up"},
      {"localhost.localdomain", Severity::error, "no name that others can look up"},
      {"gone.example.org", Severity::error, "has no address"},
      {"other.example.org", Severity::warning, "leads to 192.0.2.9"},
      {"", Severity::skipped, ""},
  }));
  Zone zone = healthy_zone();
  zone["other.example.org"] = {{"A", {"192.0.2.9"}}};
  Facts facts = healthy_facts();
  facts.host = name;
  check_finding(worst_of(facts, zone, "host"), severity, part);
}

TEST_CASE("check_reverse: PTR, forward name, and HELO", "[doctor]") {
  const auto [pointers, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {R"(["mail.example.org"])", Severity::ok, "leads back"},
      {R"(["z.example.net", "mail.example.org"])", Severity::ok, "leads back"},
      {"[]", Severity::error, "has no reverse name"},
      {R"(["static-1.provider.example"])", Severity::error, "does not have this address"},
      {R"(["alias.example.org"])", Severity::warning, "says HELO mail.example.org"},
      {R"(["broken.example.org"])", Severity::skipped, "no answer for that name"},
      {R"("TIMEOUT")", Severity::skipped, "no reply in time"},
  }));
  Zone zone = healthy_zone();
  zone["alias.example.org"] = {{"A", {"192.0.2.1"}}};
  zone["broken.example.org"] = {{"SERVFAIL", true}};
  zone["1.2.0.192.in-addr.arpa"]["PTR"] = Zone::parse(pointers);
  check_finding(worst_of(healthy_facts(), zone, "reverse"), severity, part);
}

TEST_CASE("check_reverse: IPv6 addresses have reverse names too", "[doctor]") {
  Facts facts = healthy_facts();
  facts.addresses = {parse_ip_address("2001:db8::1").value()};
  Zone zone = healthy_zone();
  zone["1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"] = {
      {"PTR", {"mail.example.org"}}};
  zone["mail.example.org"]["AAAA"] = {"2001:db8::1"};
  CHECK(worst_of(facts, zone, "reverse").severity == Severity::ok);
}

TEST_CASE("check_mx: where the mail goes", "[doctor]") {
  const auto [exchanges, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {R"([[10, "mail.example.org"]])", Severity::ok, "this host"},
      {R"([[10, "alias.example.org"]])", Severity::ok, "this host"},
      {R"([[5, "mx.example.net"], [10, "mail.example.org"]])", Severity::info, "backup"},
      {R"([[10, "mx.example.net"]])", Severity::error, "not to this host"},
      {R"([[0, ""]])", Severity::error, "takes no mail"},
      {"[]", Severity::error, "has no MX record"},
      {R"("SERVFAIL")", Severity::skipped, "server failure"},
  }));
  Zone zone = healthy_zone();
  zone["alias.example.org"] = {{"A", {"192.0.2.1"}}};
  zone["mx.example.net"] = {{"A", {"192.0.2.7"}}};
  zone["example.org"]["MX"] = Zone::parse(exchanges);
  check_finding(worst_of(healthy_facts(), zone, "mx"), severity, part);
}

TEST_CASE("check_mx: without a public name of ours, the remedy names a likely one", "[doctor]") {
  Facts facts = healthy_facts();
  facts.host = "vm";
  const Finding finding = worst_of(facts, Zone::object(), "mx");
  CHECK(finding.remedy == "publish: example.org. 3600 IN MX 10 mail.example.org.");
}

}  // namespace
}  // namespace postern::doctor
