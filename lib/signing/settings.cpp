#include "lib/signing/settings.hpp"

#include <array>
#include <iterator>

#include "lib/base/ascii.hpp"
#include "lib/dns/name.hpp"

namespace postern::signing {
namespace {

using config::row;

constexpr std::array domain_table = {
    row<&DomainSettings::enabled>(
        "signing.enabled", "true",
        "Whether mail of our users is signed with DKIM. Without active keys (postern dkim list) "
        "nothing is signed. It does not depend on mode: a key is made active by the operator."),
    row<&DomainSettings::expire>(
        "signing.expire", R"("0s")",
        "How long a signature holds (x=). 0s: for ever. Mail may be on its way for five days, so "
        "less than 7d makes some of it fail."),
    row<&DomainSettings::list_fields>(
        "signing.list_fields", R"("protect")",
        "protect: nobody can add List-* fields to a signed message, such as a List-Unsubscribe "
        "that "
        "is not its author's. allow: mailing lists can, and those that change nothing else leave "
        "the signature valid."),
    row<&DomainSettings::signed_names>(
        "signing.signed", "[]",
        "Header fields signed besides From, Subject, Date, and the others that are always signed."),
    row<&DomainSettings::oversigned_names>(
        "signing.oversigned", "[]", "The same, and nobody can add another field of that name."),
};

// The same parameters for one domain.
constexpr std::array named_table = {
    row<&DomainSettings::enabled>(R"(signing.domain."NAME".enabled)", "true",
                                  "As signing.enabled, for authors of one domain, such as "
                                  "domain.\"example.org\".enabled. Names are written with "
                                  "A-labels."),
    row<&DomainSettings::expire>(R"(signing.domain."NAME".expire)", R"("0s")",
                                 "As signing.expire, for one domain."),
    row<&DomainSettings::list_fields>(R"(signing.domain."NAME".list_fields)", R"("protect")",
                                      "As signing.list_fields, for one domain."),
    row<&DomainSettings::signed_names>(R"(signing.domain."NAME".signed)", "[]",
                                       "As signing.signed, for one domain."),
    row<&DomainSettings::oversigned_names>(R"(signing.domain."NAME".oversigned)", "[]",
                                           "As signing.oversigned, for one domain."),
};

constexpr std::array common_table = {
    row<&Settings::keys>("signing.keys", R"("/var/lib/postern/dkim")",
                         "The key directory, which the commands of postern-dkim(1) write."),
    row<&Settings::parent_domains>(
        "signing.parent_domains", "false",
        "Whether mail of an author below a domain of ours, such as a@news.example.org, is signed "
        "with the keys of that domain when its own has none."),
    row<&Settings::line_limit>("signing.line_limit", "998",
                               "smtp_line_length_limit of Postfix: a longer line leaves this host "
                               "broken into several, and "
                               "is signed as it will leave. 0: lines are not broken."),
    row<&Settings::arc_domain>(
        "signing.arc_domain", R"("")",
        "The domain with whose RSA key mail of strangers gets an ARC seal (RFC 8617), for hosts "
        "that forward much. Empty: none gets one. The log line of each message has signed=arc/... "
        "or, after unsigned=, why there is no seal: no usable key, a chain that is full or was "
        "sealed as failed before, or a line longer than line_limit, which would leave this host "
        "changed. Mail without seal is passed on all the same."),
};

Expected<void, config::ConfigError> check_names(const std::vector<std::string>& names,
                                                const config::Document& document,
                                                const std::string& key) {
  for (const std::string& name : names) {
    if (dkim::is_signable_name(name)) continue;
    const config::Entry& entry = document.at(key);
    return Unexpected<config::ConfigError>(config::ConfigError{
        entry.file, entry.line, key + ": \"" + name + "\" is no name of a header field"});
  }
  return {};
}

Expected<void, config::ConfigError> check_names_of(const DomainSettings& settings,
                                                   const config::Document& document,
                                                   const std::string& prefix) {
  auto checked = check_names(settings.signed_names, document, prefix + "signed");
  return checked ? check_names(settings.oversigned_names, document, prefix + "oversigned")
                 : checked;
}

// The place of any parameter of a named table.
const config::Entry& any_entry(const config::Document& document, const std::string& prefix) {
  return document.lower_bound(prefix)->second;
}

Expected<void, config::ConfigError> load_domains(const config::Document& document,
                                                 Settings& settings) {
  for (const std::string& name : config::names_in(document, "signing.domain")) {
    const std::string prefix = std::string("signing.domain.\"").append(name).append("\".");
    const auto domain = dns::parse_domain(name);
    if (!domain) {
      const config::Entry& entry = any_entry(document, prefix);
      return Unexpected<config::ConfigError>(
          config::ConfigError{entry.file, entry.line, "\"" + name + "\" is no domain name"});
    }
    auto own = config::load_named(std::span<const config::Setting<DomainSettings>>(named_table),
                                  document, name, settings.all);
    if (!own) return Unexpected<config::ConfigError>(own.error());
    // What stands here and not in the general section was checked there already.
    const auto inherited = [&](const char* key) { return !document.contains(prefix + key); };
    DomainSettings to_check = *own;
    if (inherited("signed")) to_check.signed_names.clear();
    if (inherited("oversigned")) to_check.oversigned_names.clear();
    auto checked = check_names_of(to_check, document, prefix);
    if (!checked) return checked;
    settings.domains[*domain] = std::move(*own);
  }
  return {};
}

}  // namespace

const DomainSettings& Settings::of(const std::string& author_domain) const {
  std::string_view name = author_domain;
  while (true) {
    const auto own = domains.find(name);
    if (own != domains.end()) return own->second;
    const std::size_t dot = name.find('.');
    if (!parent_domains || dot == name.npos) return all;
    name.remove_prefix(dot + 1);
  }
}

dkim::SigningPolicy make_policy(const DomainSettings& settings) {
  dkim::SigningPolicy policy = settings.list_fields == ListFields::allow
                                   ? dkim::mailing_list_signing_policy()
                                   : dkim::default_signing_policy();
  const auto append = [](std::vector<std::string>& names, const std::vector<std::string>& more) {
    for (const std::string& name : more) names.push_back(ascii::to_lower(name));
  };
  append(policy.signed_names, settings.signed_names);
  append(policy.oversigned_names, settings.oversigned_names);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.expire).count();
  if (seconds > 0) policy.lifetime = seconds;
  return policy;
}

Expected<Settings, config::ConfigError> load_settings(const config::Document& document) {
  auto settings = config::load(std::span<const config::Setting<Settings>>(common_table), document);
  if (!settings) return settings;
  auto all = config::load(std::span<const config::Setting<DomainSettings>>(domain_table), document);
  if (!all) return Unexpected<config::ConfigError>(all.error());
  const auto checked = check_names_of(*all, document, "signing.");
  if (!checked) return Unexpected<config::ConfigError>(checked.error());
  settings->all = std::move(*all);
  if (!settings->arc_domain.empty()) {
    auto domain = dns::parse_domain(settings->arc_domain);
    if (!domain) {
      const config::Entry& entry = document.at("signing.arc_domain");
      return Unexpected<config::ConfigError>(config::ConfigError{
          entry.file, entry.line, "signing.arc_domain: is no domain name such as \"example.org\""});
    }
    settings->arc_domain = std::move(*domain);
  }
  const auto loaded = load_domains(document, *settings);
  if (!loaded) return Unexpected<config::ConfigError>(loaded.error());
  return settings;
}

std::vector<config::Row> setting_rows() {
  std::vector<config::Row> rows(domain_table.begin(), domain_table.end());
  rows.insert(rows.end(), common_table.begin(), common_table.end());
  rows.insert(rows.end(), named_table.begin(), named_table.end());
  return rows;
}

}  // namespace postern::signing
