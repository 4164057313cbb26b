// Prints the documents that come from the tables: parameters, checks, and events.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "lib/checks/configuration.hpp"
#include "lib/event/catalogue.hpp"
#include "lib/parameters/parameters.hpp"

namespace {

using namespace postern;

// scdoc(5) takes "_" and "*" for emphasis and leading "." for a command.
std::string scdoc_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '_' || c == '*' || c == '\\' || c == '#' || c == '`') out += '\\';
    out += c;
  }
  return out;
}

std::string manual_page() {
  std::string page =
      "postern.toml(5)\n\n# NAME\n\npostern.toml - configuration of Postern\n\n# DESCRIPTION\n\n"
      "All programs of Postern read _/etc/postern/postern.toml_ and then, in the order of their "
      "names, _/etc/postern/postern.d/\\*.toml_; a parameter given later replaces the one given "
      "earlier. The files are TOML. Every parameter has a default that is right for most hosts, so "
      "an empty file is a complete configuration, and so is none: programs that find no file say "
      "so in one line and use the defaults. A file that *--config* names must exist, and one that "
      "a running daemon has read must not be gone when it reloads.\n\n"
      "*postern config check* names file and line of what is wrong; *postern config show* prints "
      "every parameter with its value and where that comes from. A running daemon reads the files "
      "again at SIGUSR1 or SIGHUP; if they are wrong, it says so and keeps what it had.\n\n"
      "# CHECKS\n\nThe checks run in this order. Each has a section of its name.\n\n";
  for (const checks::Check& check : checks::table()) {
    page += "*" + std::string(check.name) + "*\n\t" + scdoc_text(check.doc) + "\n\n";
  }
  page += "# PARAMETERS\n\n";
  std::vector<config::Row> rows = parameters::all_rows();
  std::vector<std::string> texts;
  texts.reserve(rows.size() * 4);  // views into it must stay valid
  for (config::Row& row : rows) {
    for (std::string_view* text : {&row.name, &row.type, &row.default_text, &row.doc}) {
      texts.push_back(scdoc_text(*text));
      *text = texts.back();
    }
  }
  page += config::manual(rows);
  page +=
      "# SEE ALSO\n\n*postern*(1), *postern-milter*(8), *postern-policy*(8), "
      "*postern-learner*(8), *postern-avscan*(8)\n";
  return page;
}

std::string example_file() {
  return "# Postern: every parameter with its default, each commented out.\n"
         "# An empty file, or none, is a complete configuration; see postern.toml(5).\n\n" +
         config::example(parameters::all_rows());
}

std::string event_page() {
  std::string page =
      "# Events\n\nEvery line a daemon logs is `TIME LEVEL event=NAME key=value …`: one line an "
      "event, "
      "values quoted and escaped where a peer chose them.\nThis page is printed from "
      "`lib/event/catalogue.hpp` by `tools/reference events`.\n\n"
      "| event | level | fields | meaning | what to do |\n| --- | --- | --- | --- | --- |\n";
  for (const event::Event& event : event::catalogue()) {
    page += "| `" + std::string(event.name) + "` | " + std::string(to_word(event.severity)) +
            " | " + std::string(event.fields) + " | " + std::string(event.meaning) + " | " +
            (event.remedy.empty() ? "nothing" : std::string(event.remedy)) + " |\n";
  }
  return page;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  std::string text;
  if (what == "manual") text = manual_page();
  if (what == "example") text = example_file();
  if (what == "events") text = event_page();
  if (text.empty()) {
    std::fputs("usage: reference manual|example|events\n", stderr);
    return 2;
  }
  return std::fputs(text.c_str(), stdout) < 0 ? 1 : 0;
}
