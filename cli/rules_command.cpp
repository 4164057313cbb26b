// "postern rules": whether rules of SpamAssassin can be used as they are, and which there are.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/rules_update.hpp"
#include "lib/antispam/rules/eval_kinds.hpp"
#include "lib/antispam/rules/load.hpp"
#include "lib/io/pcre2/pcre2_compiler.hpp"
#include "lib/io/rules/rule_files.hpp"
#include "lib/report/json.hpp"

namespace postern::cli {
namespace {

using antispam::Rule;
using antispam::RuleSet;
using antispam::RuleWarning;
using nlohmann::ordered_json;

struct RulesOptions {
  io::RulePlaces places;
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

std::vector<std::string_view> patterns_of(const Rule& rule) {
  std::vector<std::string_view> patterns;
  if (const auto* header = std::get_if<antispam::HeaderTest>(&rule.test)) {
    if (!header->exists) patterns.push_back(header->pattern);
  } else if (const auto* text = std::get_if<antispam::TextTest>(&rule.test)) {
    patterns.push_back(text->pattern);
  } else if (const auto* detail = std::get_if<antispam::UriDetailTest>(&rule.test)) {
    for (const auto& criterion : detail->criteria) patterns.push_back(criterion.pattern);
  }
  return patterns;
}

// What keeps rules from running that reads well.
void add_warnings_of_rules(RuleSet& set) {
  const io::Pcre2Compiler compiler;
  for (const Rule& rule : set.rules) {
    for (const std::string_view pattern : patterns_of(rule)) {
      const auto regex = compiler.compile(pattern);
      if (regex) continue;
      set.warnings.push_back({rule.source, "the regular expression of " + rule.name +
                                               " does not compile: " + regex.error() +
                                               "; correct it"});
    }
    const auto* eval = std::get_if<antispam::EvalTest>(&rule.test);
    if (eval != nullptr && antispam::find_eval_kind(eval->function) == nullptr) {
      set.warnings.push_back({rule.source, "the function " + eval->function + " of " + rule.name +
                                               " is not known; the rule never hits: remove it"});
    }
  }
}

Expected<RuleSet, std::string> load(const RulesOptions& options) {
  const auto files = io::read_rule_files(options.places);
  if (!files) return Unexpected<std::string>(files.error());
  antispam::LoadOptions how;
  how.local_tests_only = options.local;
  how.include = io::read_included_rules;
  return antispam::load_rules(*files, how);
}

ordered_json to_json(const RuleWarning& warning) {
  return {{"file", warning.source.file}, {"line", warning.source.line}, {"text", warning.text}};
}

int check(const RulesOptions& options) {
  auto set = load(options);
  if (!set) return fail(set.error());
  add_warnings_of_rules(*set);
  const auto subrules = static_cast<std::size_t>(std::count_if(
      set->rules.begin(), set->rules.end(), [](const Rule& rule) { return rule.is_subrule(); }));
  const int status = set->warnings.empty() ? 0 : 1;
  if (options.json) {
    ordered_json warnings = ordered_json::array();
    for (const RuleWarning& warning : set->warnings) warnings.push_back(to_json(warning));
    std::printf("%s\n", report::dump({{"files", set->files.size()},
                                      {"rules", set->rules.size()},
                                      {"subrules", subrules},
                                      {"warnings", std::move(warnings)}})
                            .c_str());
    return status;
  }
  for (const RuleWarning& warning : set->warnings) {
    std::printf("%s:%zu: %s\n", warning.source.file.c_str(), warning.source.line,
                warning.text.c_str());
  }
  std::printf("%zu files, %zu rules (%zu of them only for other rules), %zu warnings\n",
              set->files.size(), set->rules.size(), subrules, set->warnings.size());
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
  const auto set = load(options);
  if (!set) return fail(set.error());
  if (options.json) {
    ordered_json rules = ordered_json::array();
    for (const Rule& rule : set->rules) rules.push_back(to_json(rule));
    std::printf("%s\n", report::dump({{"rules", std::move(rules)}}).c_str());
    return 0;
  }
  std::printf("%-32s %-12s %7s %7s %7s %7s  SOURCE  FLAGS\n", "NAME", "TYPE", "LOCAL", "NET",
              "BAYES", "BOTH");
  for (const Rule& rule : set->rules) print(rule);
  return 0;
}

}  // namespace

void add_rules_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("rules", "Check, list, and update rules of SpamAssassin");
  command->require_subcommand(1);
  const auto options = std::make_shared<RulesOptions>();
  const auto add = [&](const char* name, const char* help, int (*run_it)(const RulesOptions&)) {
    auto* sub = command->add_subcommand(name, help);
    sub->add_option("FILE", options->places.rules,
                    "Files and folders of rules; without any, those of sa-update or the package, "
                    "and then the *.cf of the site");
    sub->add_option("--site", options->places.site,
                    "Folder of the site's *.pre and *.cf; /etc/spamassassin if not given");
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
