#include "lib/parameters/parameters.hpp"

#include <algorithm>
#include <array>

#include "lib/antivirus/scanner_settings.hpp"
#include "lib/dnslist/settings.hpp"
#include "lib/mta_sts/settings.hpp"
#include "lib/policy/daemon_settings.hpp"
#include "lib/policy/settings.hpp"
#include "lib/reputation/settings.hpp"
#include "lib/store/settings.hpp"
#include "lib/training/settings.hpp"

namespace postern::parameters {
namespace {

using config::ConfigError;

// Sections in the order of the manual; a section that is not named here comes last.
constexpr std::array<std::string_view, 26> section_order = {
    "",        "milter",     "dns",      "limits",  "spf",       "dkim",        "arc",
    "dmarc",   "mime",       "antispam", "spamd",   "antivirus", "attachments", "scanner",
    "signing", "submission", "postfix",  "policy",  "greylist",  "brake",       "quota",
    "dnslist", "reputation", "mta_sts",  "learner", "store"};

std::size_t section_rank(const config::Row& row) {
  const std::size_t dot = row.name.find('.');
  const std::string_view section =
      dot == row.name.npos ? std::string_view() : row.name.substr(0, dot);
  return static_cast<std::size_t>(std::find(section_order.begin(), section_order.end(), section) -
                                  section_order.begin());
}

void append(std::vector<config::Row>& rows, const std::vector<config::Row>& more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

template <typename T>
Expected<void, ConfigError> outcome(const Expected<T, ConfigError>& loaded) {
  if (!loaded) return Unexpected<ConfigError>(loaded.error());
  return {};
}

// Each name must be there, since one that is not would be taken for switched on.
Expected<void, ConfigError> check_enforced(const config::Document& document,
                                           const disposition::Enforcement& enforcement,
                                           const policy::Settings& policy) {
  const std::vector<std::string> known = switchable(policy);
  for (const std::string& name : enforcement.names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string problem = "enforce: there is no check and no rule \"" + name + "\"; there are";
    for (const std::string& each : known) problem += " " + each;
    const config::Entry& entry = document.at("enforce");
    return Unexpected<ConfigError>(ConfigError{entry.file, entry.line, problem});
  }
  return {};
}

Expected<void, ConfigError> check_daemons(const config::Document& document,
                                          const checks::Configuration& configuration) {
  const auto& general = configuration.general;
  const auto policy = policy::load_settings(document, {general.authserv_id, general.local_networks,
                                                       configuration.disposition.enforcement});
  for (const auto& checked :
       {outcome(policy), outcome(policy::load_daemon_settings(document)),
        outcome(dnslist::load_settings(document)), outcome(mta_sts::load_settings(document)),
        outcome(training::load_settings(document)), outcome(store::load_settings(document)),
        outcome(antivirus::load_scanner_settings(document))}) {
    if (!checked) return checked;
  }
  return check_enforced(document, configuration.disposition.enforcement, *policy);
}

}  // namespace

std::vector<std::string> switchable(const policy::Settings& policy) {
  std::vector<std::string> names;
  for (const disposition::Subject& subject : disposition::subjects()) {
    names.emplace_back(subject.name);
  }
  for (const policy::Rule& rule : policy.rules) names.push_back(rule.name);
  return names;
}

std::vector<config::Row> all_rows() {
  std::vector<config::Row> rows = checks::setting_rows();
  append(rows, policy::setting_rows());
  append(rows, policy::daemon_setting_rows());
  append(rows, dnslist::setting_rows());
  append(rows, reputation::setting_rows());
  append(rows, mta_sts::setting_rows());
  append(rows, training::setting_rows());
  append(rows, store::setting_rows());
  append(rows, antivirus::scanner_setting_rows());
  std::stable_sort(rows.begin(), rows.end(), [](const config::Row& a, const config::Row& b) {
    return section_rank(a) < section_rank(b);
  });
  return rows;
}

Expected<std::shared_ptr<const checks::Configuration>, ConfigError> load(
    const config::Document& document, const std::string& host_name) {
  const auto known = config::check_keys(document, all_rows());
  if (!known) return Unexpected<ConfigError>(known.error());
  auto configuration = checks::load_configuration(document, host_name);
  if (!configuration) return configuration;
  const auto checked = check_daemons(document, **configuration);
  if (!checked) return Unexpected<ConfigError>(checked.error());
  return configuration;
}

}  // namespace postern::parameters
