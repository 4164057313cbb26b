#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "lib/doctor/check.hpp"

namespace postern::cli {
namespace {

// What bash keeps of the command line; _postern looks words up in it. The tables are keyed by the
// command as typed, without options: "postern dkim create".
constexpr std::string_view functions = R"(
_postern() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=postern word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ " ${_postern_commands[$command]} " == *" $word "* ]]; then command+=" $word"; fi
  done
  COMPREPLY=()
  if [[ -n ${_postern_values["$command $before"]+known} ]]; then
    # The words that the option takes; none: bash goes on with names of files.
    word=${_postern_values["$command $before"]}
  elif [[ $current == -* ]]; then
    word=${_postern_options[$command]}
  else
    word=${_postern_commands[$command]}
  fi
  if [[ -n $word ]]; then mapfile -t COMPREPLY < <(compgen -W "$word" -- "$current"); fi
}
complete -o default -F _postern postern
)";

struct Tables {
  std::string commands;
  std::string options;
  std::string values;
};

void add_row(std::string& table, const std::string& key, const std::string& words) {
  table += "  [\"" + key + "\"]=\"" + words + "\"\n";
}

void add_word(std::string& words, const std::string& word) {
  if (!words.empty()) words += ' ';
  words += word;
}

// CLI11 describes the words that an option takes as "TEXT:{observe,enforce}"; for other types
// nothing.
std::string words_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin == type.npos ? 0 : begin);
  if (begin == type.npos || end == type.npos) return {};
  std::string words = type.substr(begin + 1, end - begin - 1);
  for (char& c : words) {
    if (c == ',') c = ' ';
  }
  return words;
}

// The checks of the doctor are looked up by itself, which names the nearest one.
std::string doctor_checks() {
  std::string words;
  for (const doctor::Check& check : doctor::table()) add_word(words, std::string(check.name));
  return words;
}

void add_options(Tables& tables, const std::string& path, const CLI::App& app) {
  std::string names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      if (option->get_group().empty()) continue;
      add_word(names, "--" + name);
      if (option->get_items_expected_max() == 0) continue;
      const bool is_check = path == "postern doctor" && (name == "only" || name == "skip");
      add_row(tables.values, path + " --" + name, is_check ? doctor_checks() : words_of(*option));
    }
  }
  add_row(tables.options, path, names);
}

void add_command(Tables& tables, const std::string& path, const CLI::App& app) {
  add_options(tables, path, app);
  std::string names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_group().empty()) continue;
    add_word(names, sub->get_name());
    add_command(tables, path + " " + sub->get_name(), *sub);
  }
  add_row(tables.commands, path, names);
}

int print_completion(const CLI::App& app) {
  Tables tables;
  add_command(tables, "postern", app);
  std::string script = "# Completion of postern for bash, printed by \"postern completion\".\n";
  script += "declare -gA _postern_commands=(\n" + tables.commands + ")\n";
  script += "declare -gA _postern_options=(\n" + tables.options + ")\n";
  script += "declare -gA _postern_values=(\n" + tables.values + ")\n";
  script += functions;
  return std::fputs(script.c_str(), stdout) < 0 ? 1 : 0;
}

}  // namespace

void add_completion_command(CLI::App& app, Action& action) {
  app.add_subcommand("completion", "Print what bash needs to complete this command")
      ->group("")  // only the build asks for it
      ->callback([&app, &action] { action = [&app] { return print_completion(app); }; });
}

}  // namespace postern::cli
