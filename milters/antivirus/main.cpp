// postern-avscan: looks for viruses in what postern-milter sends it, in processes of their own.
#include <exception>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include "lib/base/version.hpp"
#include "lib/io/files/config_files.hpp"
#include "milters/antivirus/daemon.hpp"

int main(int argc, char** argv) try {
  CLI::App app{"Looks for viruses in messages and attachments, in confined processes."};
  std::string config_file;
  app.add_option("--config", config_file, postern::io::config_option_help);
  app.set_version_flag("--version", std::string("postern-avscan ") + postern::version);
  CLI11_PARSE(app, argc, argv);
  return postern::avscan::run_daemon(config_file);
} catch (const std::exception& error) {
  std::cerr << "postern-avscan: " << error.what() << '\n';
  return 1;
}
