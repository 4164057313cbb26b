// postern-learner: learns from what users move into Junk and out of it.
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "dovecot-plugins/learner/daemon.hpp"
#include "lib/base/version.hpp"
#include "lib/io/files/config_files.hpp"

int main(int argc, char** argv) try {
  CLI::App app{
      "Learns from what users move into Junk and out of it, and publishes how full mailboxes are."};
  std::string config_file;
  app.add_option("--config", config_file, postern::io::config_option_help);
  app.set_version_flag("--version", std::string("postern-learner ") + postern::version);
  CLI11_PARSE(app, argc, argv);
  return postern::learner::run_daemon(config_file);
} catch (const std::exception& error) {
  std::cerr << "postern-learner: " << error.what() << '\n';
  return 1;
}
