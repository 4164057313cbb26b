#include "tests/unit/doctor/examine.hpp"

#include <algorithm>

namespace postern::doctor {

Zone healthy_zone() {
  return {
      {"example.org", {{"MX", {{10, "mail.example.org"}}}, {"TXT", {"v=spf1 ip4:192.0.2.1 ~all"}}}},
      {"mail.example.org", {{"A", {"192.0.2.1"}}, {"TXT", {"v=spf1 a -all"}}}},
      {"1.2.0.192.in-addr.arpa", {{"PTR", {"mail.example.org"}}}},
      {"s1._domainkey.example.org", {{"TXT", {test_key_record}}}},
      {"_dmarc.example.org",
       {{"TXT", {"v=DMARC1; p=quarantine; rua=mailto:postmaster@example.org"}}}},
      {"_mta-sts.example.org", {{"TXT", {"v=STSv1; id=1"}}}},
      {"_smtp._tls.example.org", {{"TXT", {"v=TLSRPTv1; rua=mailto:a@example.org"}}}},
      {"2.0.0.127.zen.spamhaus.org", {{"A", {"127.0.0.2"}}}}};
}

PostfixConfig healthy_postfix() {
  PostfixConfig postfix;
  postfix.values = {{"smtpd_milters", "inet:127.0.0.1:8891"},
                    {"non_smtpd_milters", "inet:127.0.0.1:8891"},
                    {"milter_default_action", "tempfail"},
                    {"smtpd_forbid_bare_newline", "normalize"},
                    {"milter_protocol", "6"},
                    {"milter_connect_timeout", "30s"},
                    {"milter_command_timeout", "30s"},
                    {"milter_content_timeout", "300s"},
                    {"smtpd_tls_security_level", "may"},
                    {"internal_mail_filter_classes", "bounce"},
                    {"message_size_limit", "10240000"},
                    {"mynetworks", "127.0.0.0/8 [::1]/128"},
                    {"queue_directory", "/var/spool/postfix"}};
  postfix.explicit_values = postfix.values;
  postfix.services = parse_master("smtp inet n - y - - smtpd\n", "");
  return postfix;
}

keyring::Key healthy_key() {
  keyring::Key key;
  key.domain = "example.org";
  key.selector = "s1";
  key.type = dkim::PublicKey::Type::ed25519;
  key.state = keyring::State::active;
  key.activated = test_time - 86400;
  key.created = test_time - 86400;
  key.record = test_key_record;
  return key;
}

Facts healthy_facts() {
  Facts facts;
  facts.now = test_time;
  facts.host = facts.helo = "mail.example.org";
  facts.addresses = {parse_ip_address("192.0.2.1").value()};
  facts.addresses_from = "--ip";
  DomainFacts domain;
  domain.domain = "example.org";
  domain.sts_policy = records::StsPolicy{records::StsMode::enforce, {"mail.example.org"}, {}};
  domain.services = std::vector<ServiceFact>{{"_imaps._tcp", "mail.example.org", 993}};
  facts.domains = {domain};
  facts.postfix = healthy_postfix();
  OwnConfig config;
  config.file = "/etc/postern/postern.toml";
  config.milter_socket = "inet:8891@127.0.0.1";
  config.max_body_size = 32 * 1024 * 1024;
  config.enforces = true;
  config.dns_budget = std::chrono::seconds(5);
  facts.config = config;
  facts.keys = std::vector<keyring::Key>{healthy_key()};
  facts.key_problems = std::vector<std::string>{};
  facts.milters =
      std::vector<SocketFact>{{"inet:127.0.0.1:8891", "inet:127.0.0.1:8891", "smtpd_milters", ""}};
  facts.policies = std::vector<SocketFact>{};
  facts.outbound = std::vector<OutboundFact>{{"mx.example.net", ""}};
  facts.clock = ClockFact{true, true};
  facts.name_servers = std::vector<IpAddress>{parse_ip_address("127.0.0.1").value()};
  facts.authenticated_data = true;
  facts.certificates = std::vector<CertificateFact>{
      {"/c.pem", "smtpd_tls_cert_file", test_time - 86400, test_time + 60 * 86400, true}};
  facts.dovecot = DovecotFact{true, "required", "ssl_cert", true, "/c.pem"};
  facts.scanners = std::vector<ScannerFact>{
      {"avscan:/run/postern-avscan/avscan.sock", true, {antivirus::Result::infected, "Eicar"}}};
  facts.signatures_written = test_time - 3600;
  facts.rules = RulesFact{"/var/lib/postern/rules/current", test_time - 86400};
  facts.disks = std::vector<DiskFact>{
      {"/var/spool/postfix", "mail queue", 1ULL << 34U, 1ULL << 35U, 1000, 2000}};
  return facts;
}

Findings examine_zone(const Facts& facts, const Zone& zone, const std::vector<std::string>& names) {
  const auto parsed = dns::parse_zone(zone.dump());
  REQUIRE(parsed);
  dns::Answers answers;
  constexpr int many_rounds = 50;
  for (int round = 0; round < many_rounds; ++round) {
    const auto evaluation = examine(facts, answers, names);
    if (evaluation.is_done()) return evaluation.result();
    for (const dns::Question& question : evaluation.missing()) {
      answers.add(question, parsed->lookup(question));
    }
  }
  FAIL("the checks never stop asking");
  return {};
}

Finding worst_of(const Facts& facts, const Zone& zone, const std::string& check) {
  const Findings findings = examine_zone(facts, zone, {check});
  REQUIRE_FALSE(findings.empty());
  for (const Finding& each : findings) CHECK(each.check == check);
  return *std::max_element(
      findings.begin(), findings.end(),
      [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
}

void check_finding(const Finding& finding, Severity severity, const std::string& part) {
  INFO(finding.subject << ": " << finding.text << " -> " << finding.remedy);
  CHECK(to_word(finding.severity) == to_word(severity));
  CHECK(finding.text.find(part) != std::string::npos);
  if (finding.severity >= Severity::warning) CHECK_FALSE(finding.remedy.empty());
}

Finding about(const Facts& facts, const std::string& subject) {
  for (const Finding& finding : examine_zone(facts, healthy_zone(), {"postfix"})) {
    if (finding.subject == subject) return finding;
  }
  FAIL("no finding about " << subject);
  return {};
}

}  // namespace postern::doctor
