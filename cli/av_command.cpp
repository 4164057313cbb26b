// "postern av": asks the scanners for viruses.
#include <memory>

#include "cli/av_options.hpp"
#include "cli/commands.hpp"
#include "lib/io/files/config_files.hpp"

namespace postern::cli {

void add_av_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("av", "Scan files for viruses, and look after the scanner");
  command->require_subcommand(1);
  const auto options = std::make_shared<AvOptions>();
  const auto add = [&](const char* name, const char* help, int (*run)(const AvOptions&)) {
    auto* sub = command->add_subcommand(name, help);
    sub->add_option("--config", options->config_file, io::config_option_help);
    sub->callback([&action, options, run] { action = [options, run] { return run(*options); }; });
    return sub;
  };
  constexpr const char* json_help = "Print JSON";
  auto* scan = add("scan", "Scan files as the milter scans what is attached to mail", av_scan);
  scan->add_option("FILE", options->files, "What to scan; - for standard input")->required();
  scan->add_flag("--message", options->is_message, "Each FILE is a message");
  scan->add_flag("--json", options->json, json_help);
  add("status", "Print what postern-avscan says of itself", av_status)
      ->add_flag("--json", options->json, json_help);
  add("reload", "Have postern-avscan load its signatures again, and wait until it has", av_reload);
}

}  // namespace postern::cli
