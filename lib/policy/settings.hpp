// Parameters of the policy daemon: rules, limits, greylisting, brake, and quota as one value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/setting.hpp"
#include "lib/disposition/enforcement.hpp"
#include "lib/greylist/settings.hpp"
#include "lib/policy/action.hpp"
#include "lib/policy/rule.hpp"
#include "lib/quota/settings.hpp"
#include "lib/ratelimit/brake.hpp"
#include "lib/ratelimit/limit.hpp"

namespace postern::policy {

inline constexpr std::size_t max_rules = 1000;

/// The section [policy].
struct ServerSettings {
  std::vector<std::string> sockets;  ///< unix:PATH or inet:PORT@ADDRESS.
  std::chrono::milliseconds timeout{};
  std::string fail_action;
  std::uint32_t max_connections = 0;
  std::chrono::milliseconds request_timeout{};
  std::chrono::milliseconds idle_timeout{};
  std::vector<std::string> rule_names;
  std::string country_file;
  config::DomainList own_names;
};

/// What other sections say, and the daemon knows.
struct Site {
  std::string host_name;                  ///< Ours, as authserv_id; a HELO with it is a lie.
  std::vector<IpNetwork> local_networks;  ///< `local_networks`.
  disposition::Enforcement enforcement;   ///< `mode` and `enforce`.
};

struct Settings {
  ServerSettings server;
  Site site;
  Action fail;              ///< Of server.fail_action.
  std::vector<Rule> rules;  ///< In the order of policy.rules.
  greylist::Settings greylist;
  Action greylist_action;
  std::vector<ratelimit::Limit> limits;  ///< Ordered by name.
  std::vector<Action> limit_actions;     ///< Of each limit.
  ratelimit::BrakeSettings brake;
  Action hold_action;
  Action deny_action;
  quota::Settings quota;
  Action quota_action;
  Action too_large_action;
};

/// The rules and limits there are without any configuration, as TOML for the manual. What the
/// operator writes into tables of these names changes them key by key.
[[nodiscard]] std::string_view built_in_tables();

/// Whether anything of the policy daemon is carried out: then so is policy.fail.
[[nodiscard]] bool enforces_any(const Settings& settings);

/// Reads [policy], [policy.rule."NAME"], [policy.limit."NAME"], [greylist], [brake], and [quota].
/// Every error names file, line, key, and what would be right: a rule that policy.rules names and
/// nobody defines, an action that is none, a limit that is not there.
[[nodiscard]] Expected<Settings, config::ConfigError> load_settings(
    const config::Document& document, const Site& site);
[[nodiscard]] std::vector<config::Row> setting_rows();

/// The files of tables that the rules name, each once: to be read into Tables.
[[nodiscard]] std::vector<std::string> table_files(const Settings& settings);

}  // namespace postern::policy
