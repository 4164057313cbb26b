// "postern config": is the configuration right, and what is in force?
#include <cstdio>
#include <memory>

#include "cli/commands.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/parameters/parameters.hpp"

namespace postern::cli {
namespace {

int check(const std::string& file) {
  const auto document = io::load_config_files(file);
  if (!document) return fail(document.error().text());
  const auto configuration = parameters::load(*document, io::host_name());
  if (!configuration) return fail(configuration.error().text());
  std::printf("%s: ok, %zu parameters set, mode %s, authserv_id %s\n",
              io::describe_config(file).c_str(), document->size(),
              (*configuration)->disposition.enforcement.text().c_str(),
              (*configuration)->general.authserv_id.c_str());
  return 0;
}

void print_given(const std::string& name, const config::Entry& entry) {
  std::printf("%s = %s  # %s:%zu\n", name.c_str(), config::format(entry.value).c_str(),
              entry.file.c_str(), entry.line);
}

int show(const std::string& file) {
  const auto document = io::load_config_files(file);
  if (!document) return fail(document.error().text());
  const auto configuration = parameters::load(*document, io::host_name());
  if (!configuration) return fail(configuration.error().text());
  if (io::find_config_file(file).empty()) std::printf("# %s\n", io::describe_config(file).c_str());
  for (const config::Row& row : parameters::all_rows()) {
    if (config::is_named(row)) continue;  // a name has what its section says, or what follows
    const std::string name(row.name);
    const auto given = document->find(name);
    if (given != document->end()) {
      print_given(name, given->second);
    } else {
      std::printf("%s = %s  # default\n", name.c_str(), std::string(row.default_text).c_str());
    }
  }
  for (const auto& [name, entry] : *document) {
    if (name.find('"') != name.npos) print_given(name, entry);
  }
  return 0;
}

}  // namespace

void add_config_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("config", "Check or show the configuration");
  command->require_subcommand(1);
  const auto file = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* help, int (*run)(const std::string&)) {
    auto* sub = command->add_subcommand(name, help);
    sub->add_option("--config", *file, io::config_option_help);
    sub->callback([&action, file, run] { action = [file, run] { return run(*file); }; });
  };
  add("check", "Say whether the configuration can be used, or file and line of what is wrong",
      check);
  add("show", "Print every parameter with its value and where that comes from", show);
}

}  // namespace postern::cli
