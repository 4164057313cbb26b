#include "lib/policy/settings.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace postern::policy {
namespace {

using config::ConfigError;
using config::Document;
using config::row;

constexpr std::array table = {
    row<&ServerSettings::sockets>(
        "policy.sockets", R"(["unix:/var/spool/postfix/postern-policy/policy.sock"])",
        "Where Postfix finds the policy daemon (check_policy_service): unix:PATH or "
        "inet:PORT@ADDRESS. Read at start only."),
    row<&ServerSettings::timeout>("policy.timeout", R"("2s")",
                                  "The longest a question of Postfix waits for its answer; then "
                                  "policy.fail is the answer."),
    row<&ServerSettings::fail_action>(
        "policy.fail", R"("DUNNO")",
        "The answer when the daemon cannot tell in time or fails, in words of access(5). A rule "
        "that needs DNS or a store that fails does not match; the others still count."),
    row<&ServerSettings::max_connections>("policy.max_connections", "4000",
                                          "Connections at once; each process smtpd has one."),
    row<&ServerSettings::request_timeout>("policy.request_timeout", R"("10s")",
                                          "How long a request may take to come in, and an answer "
                                          "to be taken; then the connection is closed."),
    row<&ServerSettings::idle_timeout>(
        "policy.idle_timeout", R"("400s")",
        "After how long without a question a connection is closed. Postfix closes it after "
        "smtpd_policy_service_max_idle (300s)."),
    row<&ServerSettings::rule_names>(
        "policy.rules", R"(["brake", "limits", "greylist", "quota"])",
        "The rules in their order; the first that has an answer decides, and without any the "
        "answer is DUNNO. The four of the default are there without being written: brake and "
        "limits for users with a login, greylist and quota for strangers, but not for postmaster "
        "and "
        "abuse. quota has nothing to say without postern_quota in Dovecot."),
    row<&ServerSettings::country_file>("policy.country_file", R"("")",
                                       "A file in MaxMind's format with the countries of "
                                       "addresses, for the condition country."),
    row<&ServerSettings::own_names>("policy.own_names", "[]",
                                    "Names besides that of this host with which no stranger may "
                                    "greet us: those of your domains and hosts."),
};

constexpr std::string_view built_in = R"(
[policy.rule."brake"]
action = "brake"

[policy.rule."limits"]
authenticated = "yes"
action = "limits"

[policy.rule."greylist"]
state = ["RCPT"]
recipient = ["postmaster@", "abuse@"]
negate = ["recipient"]
action = "greylist"

[policy.rule."quota"]
state = ["RCPT"]
authenticated = "no"
recipient = ["postmaster@", "abuse@"]
negate = ["recipient"]
action = "quota"

[policy.limit."login-hour"]
key = ["sasl_username"]
amount = 300
per = "1h"

[policy.limit."login-day"]
key = ["sasl_username"]
amount = 1500
per = "1d"
)";

Unexpected<ConfigError> error_at(const Document& document, const std::string& key,
                                 std::string_view problem) {
  const auto entry = document.find(key);
  const bool is_there = entry != document.end();
  return Unexpected<ConfigError>(ConfigError{is_there ? entry->second.file : "default",
                                             is_there ? entry->second.line : 0,
                                             key + ": " + std::string(problem)});
}

// The error of a named table: `problem` begins with the parameter.
Unexpected<ConfigError> error_in(const Document& document, const std::string& prefix,
                                 const std::string& problem) {
  const std::string key = prefix + problem.substr(0, problem.find(':'));
  if (document.contains(key)) {
    return error_at(document, key,
                    problem.substr(std::min(problem.find(": ") + 2, problem.size())));
  }
  const auto any = document.lower_bound(prefix);
  const bool is_there = any != document.end() && any->first.starts_with(prefix);
  return Unexpected<ConfigError>(ConfigError{is_there ? any->second.file : "default",
                                             is_there ? any->second.line : 0, prefix + problem});
}

// The operator's document over the built-in tables.
Expected<Document, ConfigError> with_built_in(const Document& document) {
  auto all = config::parse_document(built_in, "built in");
  if (!all) return all;
  for (const auto& [key, entry] : document) (*all)[key] = entry;
  return all;
}

// The defaults of rows of named tables, which are read like what the operator writes.
template <typename S>
Expected<S, ConfigError> defaults_of(std::span<const config::Setting<S>> rows) {
  return config::load(rows, Document());
}

Expected<Action, ConfigError> load_action(const Document& document, const std::string& key,
                                          const std::string& text) {
  auto action = parse_action(text);
  if (!action) return error_at(document, key, action.error().problem);
  return *action;
}

Expected<void, ConfigError> load_limits(const Document& document, Settings& settings) {
  const auto base = defaults_of(ratelimit::limit_table());
  if (!base) return Unexpected<ConfigError>(base.error());
  for (const std::string& name : config::names_in(document, "policy.limit")) {
    auto limit = config::load_named(ratelimit::limit_table(), document, name, *base);
    if (!limit) return Unexpected<ConfigError>(limit.error());
    limit->name = name;
    const std::string prefix = "policy.limit.\"" + name + "\".";
    const auto checked = ratelimit::check(*limit);
    if (!checked) return error_in(document, prefix, std::string(checked.error()));
    auto action = load_action(document, prefix + "action", limit->action);
    if (!action) return Unexpected<ConfigError>(action.error());
    const bool is_end = limit->stage == ratelimit::Stage::end_of_message;
    if (is_end && !action->is_allowed_at(State::end_of_message)) {
      return error_at(document, prefix + "action", "Postfix takes no PREPEND at END-OF-MESSAGE");
    }
    settings.limits.push_back(std::move(*limit));
    settings.limit_actions.push_back(std::move(*action));
  }
  return {};
}

Unexpected<ConfigError> taken_name(const Document& document, const std::string& name) {
  const std::string what =
      name == disposition::all_subjects ? "all checks and rules" : "the check of the milter";
  return error_in(document, "policy.rule.\"" + name + "\"",
                  ": \"postern enforce " + name + "\" switches " + what +
                      " of this name: give the rule another, such as \"my-" + name + "\"");
}

Expected<void, ConfigError> load_rules(const Document& document, Settings& settings) {
  const auto base = defaults_of(rule_table());
  if (!base) return Unexpected<ConfigError>(base.error());
  const std::vector<std::string> defined = config::names_in(document, "policy.rule");
  const auto is_limit = [&](const std::string& name) {
    return std::any_of(settings.limits.begin(), settings.limits.end(),
                       [&](const ratelimit::Limit& limit) { return limit.name == name; });
  };
  // Rules that are defined and not in the order are read as well, so that a mistake shows.
  std::map<std::string, Rule> rules;
  for (const std::string& name : defined) {
    if (disposition::is_taken_name(name)) return taken_name(document, name);
    auto rule = config::load_named(rule_table(), document, name, *base);
    if (!rule) return Unexpected<ConfigError>(rule.error());
    rule->name = name;
    const std::string prefix = "policy.rule.\"" + name + "\".";
    const auto finished = finish(*rule);
    if (!finished) return error_in(document, prefix, finished.error());
    if (rule->step == Step::limit && !is_limit(rule->limit)) {
      return error_in(document, prefix,
                      "action: there is no [policy.limit.\"" + rule->limit + "\"]");
    }
    if (!rule->countries.empty() && settings.server.country_file.empty()) {
      return error_in(document, prefix, "country: needs policy.country_file");
    }
    rules.emplace(name, std::move(*rule));
  }
  std::set<std::string> used;
  for (const std::string& name : settings.server.rule_names) {
    const auto rule = rules.find(name);
    if (rule == rules.end()) {
      return error_at(document, "policy.rules", "there is no [policy.rule.\"" + name + "\"]");
    }
    if (!used.insert(name).second) {
      return error_at(document, "policy.rules", "\"" + name + "\" stands there twice");
    }
    settings.rules.push_back(rule->second);
    settings.rules.back().is_enforced = settings.site.enforcement.covers(name);
  }
  if (settings.rules.size() > max_rules) return error_at(document, "policy.rules", "too many");
  return {};
}

Expected<void, ConfigError> load_actions(const Document& document, Settings& settings) {
  struct Row {
    const char* key;
    const std::string& text;
    Action& action;
  };
  for (const Row& one : {Row{"policy.fail", settings.server.fail_action, settings.fail},
                         Row{"greylist.action", settings.greylist.action, settings.greylist_action},
                         Row{"brake.hold_action", settings.brake.hold_action, settings.hold_action},
                         Row{"brake.deny_action", settings.brake.deny_action, settings.deny_action},
                         Row{"quota.action", settings.quota.action, settings.quota_action},
                         Row{"quota.too_large_action", settings.quota.too_large_action,
                             settings.too_large_action}}) {
    auto action = load_action(document, one.key, one.text);
    if (!action) return Unexpected<ConfigError>(action.error());
    one.action = std::move(*action);
    if (!one.action.is_allowed_at(State::end_of_message)) {
      return error_at(document, one.key, "Postfix takes no PREPEND at END-OF-MESSAGE");
    }
  }
  if (settings.brake.factor == 0) return error_at(document, "brake.factor", "is 0");
  if (settings.brake.half_life < std::chrono::hours(24)) {
    return error_at(document, "brake.half_life", "is below 1d, and would forget the day before");
  }
  return {};
}

template <typename S>
void append(std::vector<config::Row>& rows, std::span<const config::Setting<S>> more) {
  rows.insert(rows.end(), more.begin(), more.end());
}

}  // namespace

std::string_view built_in_tables() {
  return built_in;
}

Expected<Settings, ConfigError> load_settings(const Document& document, const Site& site) {
  const auto all = with_built_in(document);
  if (!all) return Unexpected<ConfigError>(all.error());
  Settings settings;
  settings.site = site;
  auto server = config::load(std::span<const config::Setting<ServerSettings>>(table), document);
  if (!server) return Unexpected<ConfigError>(server.error());
  settings.server = std::move(*server);
  auto greylist = config::load(greylist::settings_table(), document);
  if (!greylist) return Unexpected<ConfigError>(greylist.error());
  settings.greylist = std::move(*greylist);
  auto brake = config::load(ratelimit::brake_table(), document);
  if (!brake) return Unexpected<ConfigError>(brake.error());
  settings.brake = std::move(*brake);
  auto quota = quota::load_settings(document);
  if (!quota) return Unexpected<ConfigError>(quota.error());
  settings.quota = std::move(*quota);
  for (const auto load : {load_actions, load_limits, load_rules}) {
    const auto loaded = load(*all, settings);
    if (!loaded) return Unexpected<ConfigError>(loaded.error());
  }
  return settings;
}

std::vector<config::Row> setting_rows() {
  std::vector<config::Row> rows(table.begin(), table.end());
  append(rows, rule_table());
  append(rows, ratelimit::limit_table());
  append(rows, greylist::settings_table());
  append(rows, ratelimit::brake_table());
  for (const config::Row& each : quota::setting_rows()) rows.push_back(each);
  return rows;
}

bool enforces_any(const Settings& settings) {
  return settings.site.enforcement.mode == disposition::Mode::enforce ||
         std::any_of(settings.rules.begin(), settings.rules.end(),
                     [](const Rule& rule) { return rule.is_enforced; });
}

std::vector<std::string> table_files(const Settings& settings) {
  std::set<std::string> files;
  for (const Rule& rule : settings.rules) {
    for (const std::string& file : {rule.client_table, rule.sender_table, rule.recipient_table}) {
      if (!file.empty()) files.insert(file);
    }
  }
  return {files.begin(), files.end()};
}

}  // namespace postern::policy
