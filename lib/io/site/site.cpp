#include "lib/io/site/site.hpp"

#include <utility>

#include "lib/dnslist/settings.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/mmdb/country_database.hpp"
#include "lib/parameters/parameters.hpp"
#include "lib/policy/settings.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_table_size = 64 * 1024 * 1024;  // octets of one file

template <typename T>
Unexpected<std::string> failure(const Expected<T, config::ConfigError>& result) {
  return Unexpected<std::string>(result.error().text());
}

Expected<policy::Tables, std::string> load_tables(const policy::Settings& settings) {
  policy::Tables tables;
  for (const std::string& file : policy::table_files(settings)) {
    const auto text = read_file(file, max_table_size);
    if (!text) return Unexpected<std::string>(text.error());
    auto table = policy::parse_table(*text);
    if (!table) {
      return Unexpected<std::string>(file + ":" + std::to_string(table.error().line) + ": " +
                                     std::string(table.error().problem));
    }
    tables.emplace(file, std::make_shared<const policy::MatchTable>(std::move(*table)));
  }
  return tables;
}

Expected<void, std::string> load_countries(policy::Policy& policy) {
  const std::string& file = policy.settings.server.country_file;
  if (file.empty()) return {};
  auto database = CountryDatabase::open(file);
  if (!database) return Unexpected<std::string>(database.error());
  policy.country = [countries = std::move(*database)](const IpAddress& address) {
    return countries->country(address).value_or("");
  };
  return {};
}

}  // namespace

Expected<std::shared_ptr<Site>, std::string> load_site(const std::string& config_file) {
  const auto document = load_config_files(config_file);
  if (!document) return failure(document);
  // The parts that other programs use are checked as well: one file, one word on it.
  const auto whole = parameters::load(*document, host_name());
  if (!whole) return failure(whole);
  const auto& general = (*whole)->general;
  auto settings = policy::load_settings(
      *document, {general.authserv_id, general.local_networks, (*whole)->disposition.enforcement});
  if (!settings) return failure(settings);
  auto lists = dnslist::load_settings(*document);
  if (!lists) return failure(lists);
  auto mta_sts = mta_sts::load_settings(*document);
  if (!mta_sts) return failure(mta_sts);
  auto daemon = policy::load_daemon_settings(*document);
  if (!daemon) return failure(daemon);
  auto store = store::load_settings(*document);
  if (!store) return failure(store);
  auto learner = training::load_settings(*document);
  if (!learner) return failure(learner);
  auto tables = load_tables(*settings);
  if (!tables) return Unexpected<std::string>(tables.error());

  auto site = std::make_shared<Site>();
  site->general = general;
  site->daemon = std::move(*daemon);
  site->store = std::move(*store);
  site->learner = std::move(*learner);
  site->mta_sts = std::move(*mta_sts);
  site->policy.settings = std::move(*settings);
  site->policy.tables = std::move(*tables);
  site->policy.active_lists = lists->lists;
  site->policy.dnslist = std::move(*lists);
  site->feed_socket = (*whole)->reputation.feed_socket;
  site->policy.reputation_enabled = (*whole)->reputation.enabled;
  site->policy.reputation = (*whole)->reputation.settings();
  site->policy.to_ascii = to_ascii_domain;
  const auto countries = load_countries(site->policy);
  if (!countries) return Unexpected<std::string>(countries.error());
  return site;
}

}  // namespace postern::io
