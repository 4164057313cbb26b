// Checks of certificates: those of Postfix and Dovecot, and whether each has one at all.
#include <algorithm>

#include "lib/doctor/check.hpp"
#include "lib/doctor/milter_checks.hpp"
#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

constexpr std::int64_t seconds_per_day = 86400;
constexpr std::int64_t renewal_days = 14;  // certbot renews 30 days before the end

// The files that certbot makes.
std::string folder_of(const Facts& facts) {
  const std::string host = is_public_name(facts.host) ? facts.host : "mail.example.org";
  return "/etc/letsencrypt/live/" + host;
}

std::string issue(const Facts& facts) {
  return "certbot certonly -d " +
         (is_public_name(facts.host) ? facts.host : "mail.example.org (this host's full name)");
}

void judge_certificate(Context& context, const CertificateFact& certificate) {
  const std::int64_t now = context.facts().now;
  const std::int64_t days = (certificate.not_after - now) / seconds_per_day;
  const std::string renew = "certbot renew, or whatever issues it; then postfix reload";
  if (certificate.not_after <= now) {
    context.error(certificate.file, "certificate has expired (" + certificate.used_by + ")", renew);
  } else if (certificate.not_before > now) {
    context.error(certificate.file, "certificate is not valid yet (" + certificate.used_by + ")",
                  "look at the clock of this host, and at the certificate");
  } else if (days < renewal_days) {
    context.add(Severity::warning, certificate.file,
                "certificate expires soon (" + certificate.used_by + ")", renew,
                count(days, "day") + " left");
  } else if (!certificate.matches_host && !context.facts().host.empty()) {
    context.warning(
        certificate.file,
        "certificate does not name " + context.facts().host + " (" + certificate.used_by + ")",
        issue(context.facts()));
  } else {
    const std::string name = certificate.matches_host ? " and names this host" : "";
    context.add(Severity::ok, certificate.file,
                "certificate is valid" + name + " (" + certificate.used_by + ")", "",
                count(days, "day") + " left");
  }
}

void judge_problem(Context& context, const CertificateProblem& problem) {
  const std::string what = "certificate cannot be read: ";
  const std::string by = " (" + problem.used_by + ")";
  if (problem.problem == "permission denied") {
    context.skipped(problem.file, what + "this user may not" + by + "; run postern doctor as root");
  } else {
    context.error(problem.file, what + problem.problem + by,
                  issue(context.facts()) + "; or let that setting name the file there is");
  }
}

bool is_for_postfix(const std::string& used_by) {
  return used_by.starts_with("smtpd_tls_");
}

bool has_postfix_certificate(const Facts& facts) {
  return std::any_of(facts.certificates->begin(), facts.certificates->end(),
                     [](const CertificateFact& each) { return is_for_postfix(each.used_by); }) ||
         std::any_of(facts.unreadable_certificates.begin(), facts.unreadable_certificates.end(),
                     [](const CertificateProblem& each) { return is_for_postfix(each.used_by); });
}

void judge_postfix(Context& context, const PostfixConfig& postfix) {
  const std::string folder = folder_of(context.facts());
  if (!has_postfix_certificate(context.facts())) {
    context.warning("smtpd_tls_chain_files",
                    "Postfix has no certificate: mail comes in unencrypted",
                    issue(context.facts()) + "; " +
                        set_parameter("smtpd_tls_chain_files",
                                      folder + "/privkey.pem, " + folder + "/fullchain.pem"));
    return;
  }
  const std::string level = postfix.value("smtpd_tls_security_level");
  if ((level.empty() && postfix.value("smtpd_use_tls") != "yes") || level == "none") {
    context.warning("smtpd_tls_security_level",
                    "Postfix has a certificate, but does not offer TLS: mail comes in unencrypted",
                    set_parameter("smtpd_tls_security_level", "may"));
  }
}

void judge_dovecot(Context& context, const DovecotFact& dovecot) {
  if (!dovecot.serves_clients) return;
  const bool is_new = dovecot.setting == "ssl_server_cert_file";
  const std::string folder = folder_of(context.facts());
  const std::string names =
      is_new ? "ssl_server_cert_file = " + folder +
                   "/fullchain.pem, ssl_server_key_file = " + folder + "/privkey.pem"
             : "ssl_cert = <" + folder + "/fullchain.pem, ssl_key = <" + folder + "/privkey.pem";
  const std::string place = "in /etc/dovecot/conf.d/10-ssl.conf: ";
  if (dovecot.ssl == "no") {
    context.warning("Dovecot", "offers no TLS (ssl = no): passwords and mail travel in clear",
                    place + "ssl = required, " + names + "; then doveadm reload");
  } else if (!dovecot.has_certificate) {
    context.error("Dovecot",
                  "has no certificate (" + dovecot.setting +
                      " is not set): mail programs cannot connect with TLS",
                  issue(context.facts()) + "; " + place + names + "; then doveadm reload");
  }
}

}  // namespace

void check_certificates(Context& context) {
  const Facts& facts = context.facts();
  for (const CertificateProblem& problem : facts.unreadable_certificates) {
    judge_problem(context, problem);
  }
  if (!facts.certificates) {
    context.skipped("certificates", facts.certificates.error());
    return;
  }
  for (const CertificateFact& each : *facts.certificates) judge_certificate(context, each);
  if (facts.postfix) judge_postfix(context, *facts.postfix);
  if (facts.dovecot) {
    judge_dovecot(context, *facts.dovecot);
  } else {
    context.skipped("Dovecot", facts.dovecot.error());
  }
}

}  // namespace postern::doctor
