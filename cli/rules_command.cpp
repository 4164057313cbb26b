// "postern rules": whether rules of SpamAssassin can be used as they are, and which there are.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/key_directory_option.hpp"
#include "cli/rules_update.hpp"
#include "lib/antispam/settings/settings.hpp"
#include "lib/antispam/update/history.hpp"
#include "lib/base/version.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/files/host_name.hpp"
#include "lib/io/filter/filter_loader.hpp"
#include "lib/io/wall_clock.hpp"
#include "lib/report/json.hpp"

namespace postern::cli {
namespace {

using antispam::Rule;
using antispam::RuleSet;
using antispam::RuleWarning;
using nlohmann::ordered_json;

enum CheckStatus { all_is_well = 0, has_warnings = 1, not_loaded = 2 };

struct RulesOptions {
  std::vector<std::string> files;
  std::string site;
  std::string config_file;
  bool local = false;
  bool json = false;
};

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::string_view word_for(antispam::EvalTest::Kind kind) {
  using Kind = antispam::EvalTest::Kind;
  switch (kind) {
    case Kind::header: return "header";
    case Kind::body: return "body";
    case Kind::rawbody: return "rawbody";
    case Kind::full: return "full";
  }
  return {};
}

std::string_view word_for(antispam::TextKind kind) {
  using antispam::TextKind;
  switch (kind) {
    case TextKind::body: return "body";
    case TextKind::rawbody: return "rawbody";
    case TextKind::uri: return "uri";
    case TextKind::full: return "full";
  }
  return {};
}

// The word that its line begins with.
std::string type_of(const Rule& rule) {
  return std::visit(
      Overloaded{
          [](const antispam::EmptyTest&) { return std::string("empty"); },
          [](const antispam::HeaderTest& test) {
            return std::string(test.of_parts ? "mimeheader" : "header");
          },
          [](const antispam::TextTest& test) { return std::string(word_for(test.kind)); },
          [](const antispam::EvalTest& test) { return std::string(word_for(test.kind)) + " eval"; },
          [](const antispam::MetaTest&) { return std::string("meta"); },
          [](const antispam::AskDnsTest&) { return std::string("askdns"); },
          [](const antispam::UriListTest& test) { return test.directive; },
          [](const antispam::UriDetailTest&) { return std::string("uri_detail"); }},
      rule.test);
}

// Rules go stale, and nobody notices: an update that finds nothing new is no failure.
void tell_age(const std::string& directory) {
  const auto written = io::rules_written(directory);
  constexpr std::int64_t day = 86400;  // seconds
  const std::int64_t age = written ? (io::seconds_since_epoch() - *written) / day : 0;
  if (age <= antispam::max_rules_age) return;
  std::fprintf(stderr,
               "postern: %s: the rules were written %jd days ago; run: postern rules update\n",
               directory.c_str(), static_cast<std::intmax_t>(age));
}

// What the milter would load, or the files that are given.
Expected<std::shared_ptr<const antispam::Filter>, std::string> load(const RulesOptions& options) {
  const auto configuration = load_configuration(options.config_file);
  if (!configuration) return Unexpected<std::string>(configuration.error());
  antispam::Settings settings = (*configuration)->antispam;
  if (!options.site.empty()) settings.site_directory = options.site;
  if (options.local) settings.network = false;
  static const io::FilterLoader loader(io::host_name(), std::string("Postern ") + version);
  antispam::FilterState state =
      options.files.empty()
          ? loader.load(settings)
          : loader.load(settings, io::RulePlaces{settings.site_directory, options.files});
  if (state.filter == nullptr) return Unexpected<std::string>(state.problem);
  if (options.files.empty()) tell_age(io::rules_directory(settings));
  return std::move(state.filter);
}

ordered_json to_json(const RuleWarning& warning) {
  return {{"file", warning.source.file}, {"line", warning.source.line}, {"text", warning.text}};
}

int cannot_load(const std::string& problem) {
  fail(problem);
  return not_loaded;
}

int check(const RulesOptions& options) {
  const auto filter = load(options);
  if (!filter) return cannot_load(filter.error());
  const RuleSet& set = (*filter)->rules();
  const std::vector<RuleWarning> warnings = (*filter)->warnings();
  const std::size_t cannot_run = warnings.size() - set.warnings.size();
  const auto subrules = static_cast<std::size_t>(std::count_if(
      set.rules.begin(), set.rules.end(), [](const Rule& rule) { return rule.is_subrule(); }));
  const int status = warnings.empty() ? all_is_well : has_warnings;
  if (options.json) {
    ordered_json list = ordered_json::array();
    for (const RuleWarning& warning : warnings) list.push_back(to_json(warning));
    std::printf("%s\n", report::dump({{"files", set.files.size()},
                                      {"rules", set.rules.size()},
                                      {"subrules", subrules},
                                      {"cannot_run", cannot_run},
                                      {"warnings", std::move(list)}})
                            .c_str());
    return status;
  }
  for (const RuleWarning& warning : warnings) {
    std::printf("%s:%zu: %s\n", warning.source.file.c_str(), warning.source.line,
                warning.text.c_str());
  }
  std::printf("%zu files, %zu rules (%zu of them only for other rules), %zu warnings",
              set.files.size(), set.rules.size(), subrules, warnings.size());
  std::printf(cannot_run == 0 ? "\n" : " (%zu of them of rules that cannot run)\n", cannot_run);
  return status;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

ordered_json to_json(const Rule& rule) {
  ordered_json flags = ordered_json::array();
  for (const std::string& word : rule.flags.words) flags.push_back(word);
  return {{"name", rule.name},         {"type", type_of(rule)},
          {"scores", rule.scores},     {"flags", std::move(flags)},
          {"priority", rule.priority}, {"description", rule.description},
          {"file", rule.source.file},  {"line", rule.source.line}};
}

void print(const Rule& rule) {
  const auto& scores = rule.scores;
  std::printf("%-32s %-12s %7g %7g %7g %7g  %s:%zu", rule.name.c_str(), type_of(rule).c_str(),
              scores[0], scores[1], scores[2], scores[3], rule.source.file.c_str(),
              rule.source.line);
  if (!rule.flags.words.empty()) std::printf("  %s", joined(rule.flags.words).c_str());
  std::printf("\n");
}

int list(const RulesOptions& options) {
  const auto filter = load(options);
  if (!filter) return cannot_load(filter.error());
  const RuleSet& set = (*filter)->rules();
  if (options.json) {
    ordered_json rules = ordered_json::array();
    for (const Rule& rule : set.rules) rules.push_back(to_json(rule));
    std::printf("%s\n", report::dump({{"rules", std::move(rules)}}).c_str());
    return 0;
  }
  std::printf("%-32s %-12s %7s %7s %7s %7s  SOURCE  FLAGS\n", "NAME", "TYPE", "LOCAL", "NET",
              "BAYES", "BOTH");
  for (const Rule& rule : set.rules) print(rule);
  return 0;
}

}  // namespace

void add_rules_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("rules", "Check, list, and update rules of SpamAssassin");
  command->require_subcommand(1);
  const auto options = std::make_shared<RulesOptions>();
  const auto add = [&](const char* name, const char* help, int (*run_it)(const RulesOptions&)) {
    auto* sub = command->add_subcommand(name, help);
    sub->add_option("FILE", options->files,
                    "Files and folders of rules, read instead of those that the milter reads");
    sub->add_option("--site", options->site,
                    "Folder of the site's *.pre and *.cf; antispam.site if not given");
    sub->add_option("--config", options->config_file, io::config_option_help);
    sub->add_flag("--local", options->local, "Without network tests, as spamassassin -L");
    sub->add_flag("--json", options->json, "Print one JSON object on one line");
    sub->callback(
        [&action, options, run_it] { action = [options, run_it] { return run_it(*options); }; });
  };
  add("check", "Print what is wrong with the rules", check);
  add("list", "Print every rule with its scores", list);
  add_rules_update(*command, action);
}

}  // namespace postern::cli
