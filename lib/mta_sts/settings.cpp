#include "lib/mta_sts/settings.hpp"

#include <array>

namespace postern::mta_sts {
namespace {

using config::row;

constexpr std::array table = {
    row<&Settings::enabled>(
        "mta_sts.enabled", "true",
        "Whether smtp_tls_policy_maps of Postfix gets answers. Domains with a policy in mode "
        "enforce then get mail only over TLS to hosts that the policy names."),
    row<&Settings::tls_reports>(
        "mta_sts.tls_reports", "false",
        "Whether answers have what TLS reports need (policy_type and so on). Postfix from 3.10 on "
        "only; older ones refuse such answers. From 3.10.5 on it makes them match hosts exactly."),
    row<&Settings::dane>(
        "mta_sts.dane", "false",
        "Set this to true where main.cf has smtp_tls_security_level = dane: an answer of this "
        "table takes its place, so domains whose MX records are signed (DNSSEC) and of which a "
        "mail "
        "host has TLSA records get none and are left to DANE; so do those of which DNS does not "
        "say "
        "it. Needs dns.dnssec."),
    row<&Settings::timeout>("mta_sts.timeout", R"("10s")",
                            "How long fetching a policy may take. Mail then goes out as if the "
                            "domain had none, unless one is kept from before."),
    row<&Settings::ca_file>("mta_sts.ca_file", R"("")",
                            "PEM file of the authorities that are trusted; empty: those of the "
                            "system. For tests."),
    row<&Settings::connect_to>("mta_sts.connect_to", R"("")",
                               "ADDRESS:PORT to which all fetches go, whatever DNS says; the "
                               "certificate is checked all the same. For tests."),
};

}  // namespace

Expected<Settings, config::ConfigError> load_settings(const config::Document& document) {
  return config::load(std::span<const config::Setting<Settings>>(table), document);
}

std::vector<config::Row> setting_rows() {
  return {table.begin(), table.end()};
}

}  // namespace postern::mta_sts
