// Tests of the checks of certificates.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

TEST_CASE("check_certificates: time and name", "[doctor]") {
  const auto [before, after, matches, severity, part] =
      GENERATE(table<std::int64_t, std::int64_t, bool, Severity, std::string>({
          {-day, 14 * day, true, Severity::ok, "valid"},
          {-day, 14 * day - 1, true, Severity::warning, "expires soon"},
          {-day, 0, true, Severity::error, "expired"},
          {-2 * day, -day, false, Severity::error, "expired"},
          {day, 90 * day, true, Severity::error, "not valid yet"},
          {-day, 90 * day, false, Severity::warning, "does not name mail.example.org"},
      }));
  Facts facts = healthy_facts();
  CertificateFact& certificate = facts.certificates->front();
  certificate.not_before = test_time + before;
  certificate.not_after = test_time + after;
  certificate.matches_host = matches;
  check_finding(worst_of(facts, healthy_zone(), "certificate"), severity, part);
}

TEST_CASE("check_certificates: none, unreadable, forbidden", "[doctor]") {
  Facts facts = healthy_facts();
  facts.certificates->clear();
  const Finding none = worst_of(facts, healthy_zone(), "certificate");
  check_finding(none, Severity::warning, "unencrypted");
  CHECK(none.remedy.find("/etc/letsencrypt/live/mail.example.org/fullchain.pem") !=
        std::string::npos);
  facts.unreadable_certificates = {{"/c.pem", "smtpd_tls_cert_file", "no such file or directory"}};
  const Finding finding = worst_of(facts, healthy_zone(), "certificate");
  check_finding(finding, Severity::error, "no such file or directory (smtpd_tls_cert_file)");
  CHECK(finding.subject == "/c.pem");
  facts.unreadable_certificates[0].problem = "permission denied";
  check_finding(worst_of(facts, healthy_zone(), "certificate"), Severity::skipped, "as root");
}

TEST_CASE("check_certificates: one of Dovecot is none of Postfix", "[doctor]") {
  Facts facts = healthy_facts();
  facts.certificates->front().used_by = "ssl_cert of Dovecot";
  check_finding(worst_of(facts, healthy_zone(), "certificate"), Severity::warning,
                "Postfix has no certificate");
}

TEST_CASE("check_certificates: one that Postfix does not use", "[doctor]") {
  const auto [level, use, severity] = GENERATE(table<std::string, std::string, Severity>({
      {"may", "no", Severity::ok},
      {"encrypt", "no", Severity::ok},
      {"", "yes", Severity::ok},
      {"", "no", Severity::warning},
      {"none", "yes", Severity::warning},
  }));
  Facts facts = healthy_facts();
  facts.postfix->values["smtpd_tls_security_level"] = level;
  facts.postfix->values["smtpd_use_tls"] = use;
  check_finding(worst_of(facts, healthy_zone(), "certificate"), severity, "");
}

TEST_CASE("check_certificates: Dovecot without one", "[doctor]") {
  const auto [fact, severity, part,
              remedy] = GENERATE(table<DovecotFact, Severity, std::string, std::string>({
      {{true, "yes", "ssl_cert", true, "/c.pem"}, Severity::ok, "valid", ""},
      {{true, "yes", "ssl_cert", false, ""},
       Severity::error,
       "ssl_cert is not set",
       "ssl_cert = </etc/letsencrypt/live/mail.example.org/fullchain.pem"},
      {{true, "yes", "ssl_server_cert_file", false, ""},
       Severity::error,
       "ssl_server_cert_file is not set",
       "ssl_server_cert_file = /etc/letsencrypt/live/mail.example.org/fullchain.pem"},
      {{true, "no", "ssl_cert", true, "/c.pem"}, Severity::warning, "in clear", "ssl = required"},
      {{false, "yes", "ssl_cert", false, ""}, Severity::ok, "valid", ""},
  }));
  Facts facts = healthy_facts();
  facts.dovecot = fact;
  const Finding finding = worst_of(facts, healthy_zone(), "certificate");
  check_finding(finding, severity, part);
  CHECK(finding.remedy.find(remedy) != std::string::npos);
}

TEST_CASE("check_certificates: a host whose name is not known is not compared", "[doctor]") {
  Facts facts = healthy_facts();
  facts.host.clear();
  facts.certificates->front().matches_host = false;
  check_finding(worst_of(facts, healthy_zone(), "certificate"), Severity::ok, "valid");
}

}  // namespace
}  // namespace postern::doctor
