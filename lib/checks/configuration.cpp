#include "lib/checks/configuration.hpp"

#include <algorithm>
#include <array>

#include "lib/disposition/words.hpp"
#include "lib/dns/name.hpp"
#include "lib/training/settings.hpp"

namespace postern::checks {
namespace {

using config::row;

constexpr std::array general_table = {
    row<&GeneralSettings::authserv_id>(
        "authserv_id", R"("")",
        "The name under which results are written into Authentication-Results, and under which "
        "forged "
        "ones are removed (RFC 8601). Empty: the name of this host."),
    row<&GeneralSettings::local_networks>(
        "local_networks", R"(["127.0.0.0/8", "::1"])",
        "Clients whose mail is our own: it is not judged, only freed of forged fields, and signed "
        "when its author domain has a key. A gateway or backup MX that passes on mail of strangers "
        "does not belong here: forgeries of our addresses would be signed. The message does not "
        "show that: Received fields that name foreign clients are on mail that must be signed, "
        "too, from mailing lists on this host, webmail, and the mail servers of an office. What "
        "does show is mail that was judged here before and comes back, from a list or a content "
        "filter: it carries our Authentication-Results and, where its author is still the one we "
        "judged, is signed only if DMARC passed for him."),
    row<&GeneralSettings::milter_socket>(
        "milter.socket", R"("unix:/var/spool/postfix/postern/milter.sock")",
        "Where Postfix finds the milter: unix:PATH or inet:PORT@ADDRESS. Debian's smtpd runs "
        "chrooted in "
        "/var/spool/postfix, so a path belongs below it. Read at start only."),
    row<&GeneralSettings::milter_failure>("milter.fail", R"("tempfail")",
                                          "What happens to a message when the milter itself fails "
                                          "on it, or when the MTA does not let it "
                                          "change header fields."),
    row<&GeneralSettings::stop_timeout>("milter.stop_timeout", R"("15s")",
                                        "How long a stop waits for messages in flight; those left "
                                        "are answered with a temporary failure."),
    row<&GeneralSettings::dns_servers>(
        "dns.servers", "[]",
        "Resolvers as ADDRESS or ADDRESS@PORT. Empty: those of /etc/resolv.conf. [\"recursive\"]: "
        "none, "
        "the milter asks the authoritative servers itself. Read at start only."),
    row<&GeneralSettings::dnssec>(
        "dns.dnssec", "false",
        "Whether answers are validated with the root key of the package dns-root-data; bogus "
        "answers then "
        "count as failures. Turn it on when the resolvers pass on signatures. Read at start only."),
    row<&GeneralSettings::dns_timeout>("dns.timeout", R"("4s")",
                                       "The longest wait for one answer."),
    row<&GeneralSettings::dns_budget>(
        "dns.budget", R"("5s")",
        "The longest a message waits for DNS in all; what is not known then is temperror."),
    row<&GeneralSettings::max_questions>("dns.max_questions", "200",
                                         "Questions asked for one message; more are temperror."),
    row<&GeneralSettings::dns_cache>("dns.cache", R"("4MiB")",
                                     "Memory for answers kept. Read at start only."),
    row<&GeneralSettings::login_maps>(
        "submission.login_maps", "[]",
        "Tables of Postfix that say which logins may use an address, such as "
        "\"hash:/etc/postfix/sender_logins\"; read with postmap(1). Empty: those of "
        "smtpd_sender_login_maps in main.cf."),
    row<&GeneralSettings::postfix_config_directory>("postfix.config_directory", R"("/etc/postfix")",
                                                    "Where main.cf of Postfix lies."),
    row<&GeneralSettings::max_header_fields>(
        "limits.header_fields", "10000",
        "Header fields of a message. Ordinary mail has fewer than 100."),
    row<&GeneralSettings::max_header_size>("limits.header_size", R"("1MiB")",
                                           "Size of the header section of a message."),
    row<&GeneralSettings::max_body_size>(
        "limits.body_size", R"("32MiB")",
        "Size of the body that is kept for checks that read it; what follows is not seen by them."),
    row<&GeneralSettings::mime_depth>("mime.depth", "64",
                                      "Parts inside parts that are taken apart."),
    row<&GeneralSettings::mime_parts>("mime.parts", "10000",
                                      "Parts of one message that are taken apart."),
    row<&GeneralSettings::mime_boundary_size>("mime.boundary_size", "2048",
                                              "Octets of a boundary; RFC 2046 allows 70."),
};

// The name that the operator gave, or that of the host.
Expected<std::string, config::ConfigError> choose_authserv_id(const std::string& given,
                                                              const std::string& host_name,
                                                              const config::Document& document) {
  const auto id = dns::parse_domain(given.empty() ? host_name : given);
  if (id) return *id;
  const auto entry = document.find("authserv_id");
  if (given.empty() || entry == document.end()) {
    return Unexpected<config::ConfigError>(config::ConfigError{
        "host name", 0, "\"" + host_name + "\" is no domain name; set authserv_id"});
  }
  return Unexpected<config::ConfigError>(
      config::ConfigError{entry->second.file, entry->second.line,
                          "authserv_id: is no domain name such as \"mx.example.org\""});
}

}  // namespace

Expected<std::shared_ptr<const Configuration>, config::ConfigError> load_configuration(
    const config::Document& document, const std::string& host_name) {
  auto configuration = std::make_shared<Configuration>();
  auto general =
      config::load(std::span<const config::Setting<GeneralSettings>>(general_table), document);
  if (!general) return Unexpected<config::ConfigError>(general.error());
  auto authserv_id = choose_authserv_id(general->authserv_id, host_name, document);
  if (!authserv_id) return Unexpected<config::ConfigError>(authserv_id.error());
  general->authserv_id = std::move(*authserv_id);
  configuration->general = std::move(*general);

  auto disposition = config::load(disposition::settings_table(), document);
  if (!disposition) return Unexpected<config::ConfigError>(disposition.error());
  configuration->disposition = std::move(*disposition);

  auto signing = signing::load_settings(document);
  if (!signing) return Unexpected<config::ConfigError>(signing.error());
  configuration->signing = std::move(*signing);

  auto reputation = reputation::load_configuration(document);
  if (!reputation) return Unexpected<config::ConfigError>(reputation.error());
  configuration->reputation = std::move(*reputation);

  auto antivirus = antivirus::load_settings(document);
  if (!antivirus) return Unexpected<config::ConfigError>(antivirus.error());
  configuration->antivirus = std::move(*antivirus);

  auto antispam = antispam::load_settings(document);
  if (!antispam) return Unexpected<config::ConfigError>(antispam.error());
  configuration->antispam = std::move(*antispam);

  auto spamd = antispam::load_spamd_settings(document);
  if (!spamd) return Unexpected<config::ConfigError>(spamd.error());
  configuration->spamd = std::move(*spamd);
  auto learner = training::load_settings(document);
  if (!learner) return Unexpected<config::ConfigError>(learner.error());
  configuration->learner_socket = std::move(learner->socket);
  configuration->learner_max_message = learner->max_message;

  for (const Check& check : table()) {
    auto settings = check.load(document);
    if (!settings) return Unexpected<config::ConfigError>(settings.error());
    configuration->checks.push_back(std::move(*settings));
  }
  return std::shared_ptr<const Configuration>(std::move(configuration));
}

std::vector<config::Row> setting_rows() {
  std::vector<config::Row> rows(general_table.begin(), general_table.end());
  const auto decisions = disposition::settings_table();
  for (const Check& check : table()) {
    const std::vector<config::Row> more = check.rows();
    rows.insert(rows.end(), more.begin(), more.end());
  }
  rows.insert(rows.end(), decisions.begin(), decisions.end());
  const std::vector<config::Row> signing = signing::setting_rows();
  rows.insert(rows.end(), signing.begin(), signing.end());
  const std::vector<config::Row> spamd = antispam::spamd_setting_rows();
  rows.insert(rows.end(), spamd.begin(), spamd.end());
  return rows;
}

}  // namespace postern::checks
