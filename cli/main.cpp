// postern: the operator's one command.
#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "lib/base/version.hpp"

namespace postern::cli {

int fail(const std::string& problem) {
  std::fprintf(stderr, "postern: %s\n", problem.c_str());
  return 1;
}

namespace {

// CLI11 takes the word after "--name=" as the value; the user meant an empty one, which it takes
// from a word of its own.
std::vector<char*> with_empty_values(int argc, char** argv) {
  static char empty[] = "";
  std::vector<char*> words;
  for (int at = 0; at < argc; ++at) {
    const std::string_view word = argv[at];
    words.push_back(argv[at]);
    if (!word.starts_with("--") || word.find('=') != word.size() - 1) continue;
    argv[at][word.size() - 1] = '\0';
    words.push_back(empty);
  }
  return words;
}

}  // namespace
}  // namespace postern::cli

int main(int argc, char** argv) try {
  CLI::App app{"Mail security for people who run their own mail."};
  app.require_subcommand(1);
  postern::cli::Action action;
  postern::cli::add_setup_command(app, action);
  postern::cli::add_enforce_commands(app, action);
  postern::cli::add_leave_command(app, action);
  postern::cli::add_upgrade_command(app, action);
  postern::cli::add_check_command(app, action);
  postern::cli::add_config_command(app, action);
  postern::cli::add_dkim_command(app, action);
  postern::cli::add_dns_command(app, action);
  postern::cli::add_doctor_command(app, action);
  postern::cli::add_policy_command(app, action);
  postern::cli::add_greylist_command(app, action);
  postern::cli::add_brake_command(app, action);
  postern::cli::add_reputation_command(app, action);
  postern::cli::add_learn_command(app, action);
  postern::cli::add_quota_command(app, action);
  postern::cli::add_rules_command(app, action);
  postern::cli::add_av_command(app, action);
  postern::cli::add_user_command(app, action);
  postern::cli::add_alias_command(app, action);
  app.add_subcommand("version", "Print the version")->callback([&action] {
    action = [] { return std::printf("postern %s\n", postern::version) < 0 ? 1 : 0; };
  });
  postern::cli::add_completion_command(app, action);
  std::vector<char*> words = postern::cli::with_empty_values(argc, argv);
  CLI11_PARSE(app, static_cast<int>(words.size()), words.data());
  return action();
} catch (const std::exception& error) {
  return postern::cli::fail(error.what());
}
