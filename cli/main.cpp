// postern: the operator's one command.
#include <cstdio>
#include <exception>

#include "cli/commands.hpp"
#include "lib/base/version.hpp"

namespace postern::cli {

int fail(const std::string& problem) {
  std::fprintf(stderr, "postern: %s\n", problem.c_str());
  return 1;
}

}  // namespace postern::cli

int main(int argc, char** argv) try {
  CLI::App app{"Mail security for people who run their own mail."};
  app.require_subcommand(1);
  postern::cli::Action action;
  postern::cli::add_check_command(app, action);
  postern::cli::add_config_command(app, action);
  postern::cli::add_dkim_command(app, action);
  postern::cli::add_dns_command(app, action);
  postern::cli::add_doctor_command(app, action);
  app.add_subcommand("version", "Print the version")->callback([&action] {
    action = [] { return std::printf("postern %s\n", postern::version) < 0 ? 1 : 0; };
  });
  CLI11_PARSE(app, argc, argv);
  return action();
} catch (const std::exception& error) {
  return postern::cli::fail(error.what());
}
