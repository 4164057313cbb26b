// postern-policy: answers the questions that Postfix asks about each client and message.
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "lib/base/version.hpp"
#include "lib/io/files/config_files.hpp"
#include "policy-daemon/daemon.hpp"

int main(int argc, char** argv) try {
  CLI::App app{"Greylisting, rate limits, reputation, and DNS lists for Postfix."};
  std::string config_file;
  app.add_option("--config", config_file, postern::io::config_option_help);
  app.set_version_flag("--version", std::string("postern-policy ") + postern::version);
  CLI11_PARSE(app, argc, argv);
  return postern::run_policy_daemon(config_file);
} catch (const std::exception& error) {
  std::cerr << "postern-policy: " << error.what() << '\n';
  return 1;
}
