// postern-milter: checks SPF, DKIM, ARC, and DMARC of each message for Postfix.
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "lib/base/version.hpp"
#include "lib/io/files/config_files.hpp"
#include "milters/daemon.hpp"

int main(int argc, char** argv) try {
  CLI::App app{"Checks SPF, DKIM, ARC, and DMARC of each message for Postfix."};
  std::string config_file;
  app.add_option("--config", config_file, postern::io::config_option_help);
  app.set_version_flag("--version", std::string("postern-milter ") + postern::version);
  CLI11_PARSE(app, argc, argv);
  return postern::run_daemon(config_file);
} catch (const std::exception& error) {
  std::cerr << "postern-milter: " << error.what() << '\n';
  return 1;
}
