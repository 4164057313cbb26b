// The commands of postern(1). Each adds itself to the command line and says what to run.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace postern::cli {

/// What the chosen command does; its value is the exit status.
using Action = std::function<int()>;

/// "check FILE", "check spf", "check dmarc".
void add_check_command(CLI::App& app, Action& action);

/// "config check", "config show".
void add_config_command(CLI::App& app, Action& action);

/// "dkim create", "list", "show", "check", "rotate", "activate", "retire", "revoke", "remove",
/// "import".
void add_dkim_command(CLI::App& app, Action& action);

/// "dns DOMAIN".
void add_dns_command(CLI::App& app, Action& action);

/// "doctor".
void add_doctor_command(CLI::App& app, Action& action);

/// "policy try", "policy replay".
void add_policy_command(CLI::App& app, Action& action);

/// "greylist list", "pass", "forget".
void add_greylist_command(CLI::App& app, Action& action);

/// "brake list", "release", "deny".
void add_brake_command(CLI::App& app, Action& action);

/// "reputation show".
void add_reputation_command(CLI::App& app, Action& action);

/// "learn status", "spam", "ham", "forget", "export", "import".
void add_learn_command(CLI::App& app, Action& action);

/// "quota show", "recalc", "forget".
void add_quota_command(CLI::App& app, Action& action);

/// "rules check", "rules list", "rules update".
void add_rules_command(CLI::App& app, Action& action);

/// "av scan", "status", "reload".
void add_av_command(CLI::App& app, Action& action);

/// "completion", which packaging uses. After all others.
void add_completion_command(CLI::App& app, Action& action);

/// "user add", "passwd", "quota", "disable", "enable", "remove", "list", "app-password", "refresh".
void add_user_command(CLI::App& app, Action& action);

/// "alias add", "list", "remove".
void add_alias_command(CLI::App& app, Action& action);

/// "setup".
void add_setup_command(CLI::App& app, Action& action);

/// "leave".
void add_leave_command(CLI::App& app, Action& action);

/// "enforce", "observe".
void add_enforce_commands(CLI::App& app, Action& action);

/// "upgrade".
void add_upgrade_command(CLI::App& app, Action& action);

/// Prints "postern: PROBLEM" and gives the exit status for it.
int fail(const std::string& problem);

}  // namespace postern::cli
