// Tests of the checks of SPF, DKIM, and DMARC.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

using State = keyring::State;

TEST_CASE("table: a healthy host has nothing worse than ok", "[doctor]") {
  const Findings findings = examine_zone(healthy_facts(), healthy_zone(), {});
  for (const Finding& finding : findings) {
    INFO(finding.check << " " << finding.subject << ": " << finding.text);
    CHECK(finding.severity == Severity::ok);
  }
  CHECK(exit_status(worst(findings)) == 0);
}

TEST_CASE("table: every check says something when nothing is known", "[doctor]") {
  const Facts facts;
  for (const Check& check : table()) {
    const Findings findings = examine_zone(facts, healthy_zone(), {std::string(check.name)});
    INFO(check.name);
    if (check.name == "config")
      continue;  // without configuration there is an error, as tested there
    CHECK(worst(findings) <= Severity::skipped);
  }
}

TEST_CASE("table: the order of findings is that of the table", "[doctor]") {
  const Findings findings = examine_zone(healthy_facts(), healthy_zone(), {});
  std::vector<std::string_view> order;
  for (const Finding& finding : findings) {
    if (order.empty() || order.back() != finding.check) order.push_back(finding.check);
  }
  std::vector<std::string_view> rows;
  for (const Check& check : table()) rows.push_back(check.name);
  CHECK(order == rows);
}

TEST_CASE("check_spf: what DNS says of mail from here", "[doctor][spf]") {
  const auto [record, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {R"(["v=spf1 ip4:192.0.2.1 -all"])", Severity::ok, "192.0.2.1 may send"},
      {R"(["v=spf1 mx -all"])", Severity::ok, "(mx)"},
      {R"(["v=spf1 ip4:198.51.100.1 -all"])", Severity::error, "fail (-all)"},
      {R"(["v=spf1 ip4:198.51.100.1 ~all"])", Severity::error, "softfail"},
      {R"(["v=spf1 ?all"])", Severity::error, "neutral"},
      {R"(["v=spf1 ip4:192.0.2.1 -al"])", Severity::error, "broken"},
      {R"(["v=spf1 -all", "v=spf1 ip4:192.0.2.1 -all"])", Severity::error, "broken"},
      {R"(["something else"])", Severity::error, "has no SPF record"},
      {R"("SERVFAIL")", Severity::skipped, "SPF"},
  }));
  Zone zone = healthy_zone();
  zone["example.org"]["TXT"] = Zone::parse(record);
  check_finding(worst_of(healthy_facts(), zone, "spf"), severity, part);
}

TEST_CASE("check_spf: the remedy is the term to add", "[doctor][spf]") {
  Zone zone = healthy_zone();
  zone["example.org"]["TXT"] = {"v=spf1 -all"};
  const Finding finding = worst_of(healthy_facts(), zone, "spf");
  CHECK(finding.remedy.find("ip4:192.0.2.1") != std::string::npos);
}

TEST_CASE("check_spf: the host's own name", "[doctor][spf]") {
  const auto [record, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {R"(["v=spf1 a -all"])", Severity::ok, "may"},
      {"[]", Severity::info, "own name has no SPF record"},
      {R"(["v=spf1 -all"])", Severity::warning, "does not allow"},
  }));
  Zone zone = healthy_zone();
  zone["mail.example.org"]["TXT"] = Zone::parse(record);
  check_finding(worst_of(healthy_facts(), zone, "spf"), severity, part);
}

TEST_CASE("check_spf: without a public address it is skipped", "[doctor][spf]") {
  Facts facts = healthy_facts();
  facts.addresses = {parse_ip_address("10.0.0.1").value()};
  check_finding(worst_of(facts, healthy_zone(), "spf"), Severity::skipped, "--ip");
}

TEST_CASE("check_dkim: the record of a key in each state", "[doctor][dkim]") {
  const std::string right = Zone::array({test_key_record}).dump();
  const auto [state, record, severity, part] =
      GENERATE_COPY(table<State, std::string, Severity, std::string>({
          {State::active, right, Severity::ok, "is published"},
          {State::active, "[]", Severity::error, "has no TXT record"},
          {State::active, R"(["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7h"])", Severity::error,
           "is cut short"},
          {State::active, R"(["v=DKIM1; k=ed25519; p="])", Severity::error, "revoked"},
          {State::active, R"("TIMEOUT")", Severity::skipped, "no answer"},
          {State::pending, "[]", Severity::warning, "no active key"},
          {State::retired, "[]", Severity::warning, "has no TXT record"},
      }));
  Facts facts = healthy_facts();
  facts.keys->front().state = state;
  if (state == State::retired) {
    keyring::Key other = healthy_key();
    other.selector = "s2";
    facts.keys->push_back(other);
  }
  Zone zone = healthy_zone();
  zone["s2._domainkey.example.org"] = {{"TXT", {test_key_record}}};
  zone["s1._domainkey.example.org"] = {{"TXT", Zone::parse(record)}};
  check_finding(worst_of(facts, zone, "dkim"), severity, part);
}

TEST_CASE("check_dkim: a domain without keys, and keys that cannot be read", "[doctor][dkim]") {
  Facts facts = healthy_facts();
  facts.keys->clear();
  check_finding(worst_of(facts, healthy_zone(), "dkim"), Severity::warning, "no active key");
  facts.keys = not_observed<std::vector<keyring::Key>>("keys.json: why");
  check_finding(worst_of(facts, healthy_zone(), "dkim"), Severity::skipped, "why");
}

TEST_CASE("check_dmarc: records", "[doctor][dmarc]") {
  const auto [record, severity, part] = GENERATE_COPY(table<std::string, Severity, std::string>({
      {R"(["v=DMARC1; p=reject; rua=mailto:a@example.org"])", Severity::ok, "p=reject"},
      {R"(["v=DMARC1; p=none; rua=mailto:a@example.org"])", Severity::info, "nothing is refused"},
      {R"(["v=DMARC1; p=reject; t=y; rua=mailto:a@example.org"])", Severity::info, "tried out"},
      {R"(["v=DMARC1; p=reject"])", Severity::info, "asks for no reports"},
      {R"(["v=DMARC1; p=rejct"])", Severity::error, "no valid policy"},
      {R"(["v=DMARC1; p=reject", "v=DMARC1; p=none"])", Severity::error, "several"},
      {R"(["v=DMARC1; p=reject; rua=mailto:a@example.net"])", Severity::warning, "has not agreed"},
      {"[]", Severity::warning, "no DMARC record"},
      {R"("TIMEOUT")", Severity::skipped, "no reply in time"},
  }));
  Zone zone = healthy_zone();
  zone["_dmarc.example.org"]["TXT"] = Zone::parse(record);
  check_finding(worst_of(healthy_facts(), zone, "dmarc"), severity, part);
}

TEST_CASE("check_dmarc: a mailbox elsewhere that agrees", "[doctor][dmarc]") {
  Zone zone = healthy_zone();
  zone["_dmarc.example.org"]["TXT"] = {"v=DMARC1; p=reject; rua=mailto:a@example.net"};
  zone["example.org._report._dmarc.example.net"] = {{"TXT", {"v=DMARC1"}}};
  CHECK(worst_of(healthy_facts(), zone, "dmarc").severity == Severity::ok);
}

TEST_CASE("check_dmarc: the policy of the organization covers what lies below", "[doctor][dmarc]") {
  Facts facts = healthy_facts();
  facts.domains.front().domain = "sub.example.org";
  const Finding finding = worst_of(facts, healthy_zone(), "dmarc");
  check_finding(finding, Severity::ok, "from example.org");
}

}  // namespace
}  // namespace postern::doctor
