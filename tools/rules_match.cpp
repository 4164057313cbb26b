// Proves the layer of patterns: runs every pattern rule on the very texts that SpamAssassin matched
// and compares what both found, value by value.
//   zcat GOLDEN.jsonl.gz | rules-match [--profile] RULES.json
// RULES.json comes from tools/sa-oracle --rules, GOLDEN.jsonl.gz from tools/sa-oracle --inputs; the
// files that it names are read for `full`. --profile: the time of each rule. mimeheader rules need
// parts of messages, and those with %{NAME} other messages: they are left to the whole engine.
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "lib/antispam/engine/pattern_run.hpp"
#include "lib/io/pcre2/pcre2_compiler.hpp"

namespace {

using namespace postern::antispam;
using Json = nlohmann::json;

// The time that this thread took of a processor; others may be busy, too.
struct Clock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<Clock, duration>;
  static time_point now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time_point(std::chrono::seconds(time.tv_sec) + duration(time.tv_nsec));
  }
};

// The oracle writes octets as the code points of the same numbers.
std::string octets(const std::string& utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x80) {
      out += utf8[i];
    } else {
      const auto next = static_cast<unsigned char>(utf8.at(++i));
      out += static_cast<char>((c & 0x03U) << 6U | (next & 0x3FU));
    }
  }
  return out;
}

std::string pattern_of(const Json& rule) {
  std::string modifiers;
  for (const char c : rule.at("modifiers").get<std::string>()) {
    if (c != 'a') modifiers += c;
  }
  const std::string pattern = octets(rule.at("regex").get<std::string>());
  return modifiers.empty() ? pattern : "(?" + modifiers + ")" + pattern;
}

RuleTest test_of(const Json& rule) {
  const std::string type = rule.at("type").get<std::string>();
  if (type == "header") {
    HeaderTest test;
    test.header.name = rule.at("header").get<std::string>();
    test.exists = rule.contains("exists");
    test.negated = rule.contains("negated");
    if (!test.exists) test.pattern = pattern_of(rule);
    if (rule.contains("if_unset")) test.if_unset = octets(rule["if_unset"].get<std::string>());
    return test;
  }
  const std::map<std::string, TextKind> kinds = {{"body", TextKind::body},
                                                 {"rawbody", TextKind::rawbody},
                                                 {"uri", TextKind::uri},
                                                 {"full", TextKind::full}};
  const auto kind = kinds.find(type);
  if (kind == kinds.end()) return EmptyTest{};
  return TextTest{kind->second, pattern_of(rule)};
}

RuleFlags flags_of(const std::string& text) {
  RuleFlags flags;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "multiple") flags.multiple = true;
    if (word == "nosubject") flags.nosubject = true;
    if (word.starts_with("maxhits=")) {
      flags.maxhits = static_cast<std::uint32_t>(std::stoul(word.substr(8)));
    }
  }
  return flags;
}

RuleSet read_rules(const std::string& path) {
  std::ifstream file(path);
  const Json all = Json::parse(file);
  RuleSet set;
  for (const auto& [name, json] : all.items()) {
    Rule rule;
    rule.name = name;
    rule.test = test_of(json);
    rule.flags = flags_of(json.at("tflags").get<std::string>());
    rule.scores.fill(json.at("score").get<double>());
    rule.priority = json.at("priority").get<int>();
    rule.has_captures = rule.priority == -10'000;
    rule.uses_captures = json.value("regex", "").find("%\\{") != std::string::npos;
    set.rules.push_back(std::move(rule));
  }
  return set;
}

// The texts that the oracle wrote down for one message.
class GoldenTexts final : public RuleTexts {
 public:
  explicit GoldenTexts(const Json& message) {
    const Json& inputs = message.at("inputs");
    for (const auto& [name, value] : inputs.at("headers").items()) {
      if (!value.is_null()) headers_[name] = octets(value.at(1).get<std::string>());
    }
    const std::map<std::string, TextKind> kinds = {
        {"body", TextKind::body}, {"rawbody", TextKind::rawbody}, {"uris", TextKind::uri}};
    for (const auto& [name, kind] : kinds) {
      const bool is_changed = name == "body" && inputs.contains("body_after");
      for (const Json& text : inputs.at(is_changed ? "body_after" : name))
        add(kind, octets(text.at(1).get<std::string>()));
    }
    std::ifstream file(message.at("file").get<std::string>(), std::ios::binary);
    add(TextKind::full, {std::istreambuf_iterator<char>(file), {}});
    for (std::size_t i = 0; i < texts_.size(); ++i)
      views_[i].assign(texts_[i].begin(), texts_[i].end());
  }

  std::optional<std::string_view> header(const HeaderKey& key) override {
    const auto found = headers_.find(key.name);
    if (found == headers_.end()) return std::nullopt;
    return found->second;
  }
  std::span<const std::string_view> lines(TextKind kind) override {
    return views_[static_cast<std::size_t>(kind)];
  }

 private:
  void add(TextKind kind, std::string text) {
    texts_[static_cast<std::size_t>(kind)].push_back(std::move(text));
  }

  std::map<std::string, std::string> headers_;
  std::array<std::vector<std::string>, 4> texts_;
  std::array<std::vector<std::string_view>, 4> views_;
};

struct Tally {
  std::size_t messages = 0, pairs = 0, hits = 0, differences = 0, limits = 0;
  Clock::duration time{};
  std::map<std::size_t, Clock::duration> by_rule;
};

bool is_counted(const Json& rules, const std::string& name, double found) {
  return rules.value(name, 0.0) == found;
}

void judge(const RuleSet& set, const PatternRules& rules,
           const std::vector<const PatternRule*>& order, const Json& message, bool profile,
           Tally& tally) {
  GoldenTexts texts(message);
  const auto begin = Clock::now();
  Deadline deadline;
  PatternRun run(rules, texts, deadline);
  std::vector<std::pair<const PatternRule*, MatchCount>> found;
  for (const PatternRule* rule : order) {
    const auto before = profile ? Clock::now() : Clock::time_point();
    found.emplace_back(rule, run.run(*rule));
    if (profile) tally.by_rule[rule->rule] += Clock::now() - before;
  }
  tally.time += Clock::now() - begin;
  ++tally.messages;
  for (const auto& [rule, count] : found) {
    const std::string& name = set.rules[rule->rule].name;
    ++tally.pairs;
    tally.hits += count.count > 0 ? 1 : 0;
    tally.limits += count.over_limit ? 1 : 0;
    if (is_counted(message.at("rules"), name, count.count)) continue;
    ++tally.differences;
    std::cout << message.at("file").get<std::string>() << ": " << name << ": SpamAssassin "
              << message.at("rules").value(name, 0.0) << ", here " << count.count << "\n";
  }
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void print(const RuleSet& set, const Tally& tally) {
  std::vector<std::pair<Clock::duration, std::size_t>> slowest;
  for (const auto& [rule, time] : tally.by_rule) slowest.emplace_back(time, rule);
  std::sort(slowest.rbegin(), slowest.rend());
  const double count = static_cast<double>(std::max<std::size_t>(tally.messages, 1));
  for (std::size_t i = 0; i < std::min<std::size_t>(slowest.size(), 40); ++i) {
    std::printf("%8.4f ms/message  %s\n", milliseconds(slowest[i].first) / count,
                set.rules[slowest[i].second].name.c_str());
  }
  std::printf(
      "%zu messages, %zu pairs of rule and message, %zu hits, %zu differences, %zu over a limit; "
      "%.3f ms for each message\n",
      tally.messages, tally.pairs, tally.hits, tally.differences, tally.limits,
      milliseconds(tally.time) / count);
}

int match_all(const std::string& path, bool profile) {
  const RuleSet set = read_rules(path);
  std::vector<bool> wanted;
  for (const Rule& rule : set.rules) wanted.push_back(rule.scores[0] != 0);
  std::vector<RuleWarning> warnings;
  const postern::io::Pcre2Compiler compiler;
  const auto begin = Clock::now();
  const PatternRules rules(set, compiler, wanted, warnings);
  std::printf("%zu patterns compiled in %.0f ms\n", rules.all().size(),
              milliseconds(Clock::now() - begin));
  for (const RuleWarning& warning : warnings) std::cout << warning.text << "\n";
  std::vector<const PatternRule*> order;
  for (const PatternRule& rule : rules.all()) {
    // SpamAssassin keeps the pattern of the first message that fills it in for the life of its
    // process, so that what it finds depends on the order of messages.
    if (!rule.uses_captures) order.push_back(&rule);
  }
  std::stable_sort(order.begin(), order.end(), [&](const auto* a, const auto* b) {
    return set.rules[a->rule].priority < set.rules[b->rule].priority;
  });
  Tally tally;
  for (std::string line; std::getline(std::cin, line);) {
    const Json message = Json::parse(line);
    if (message.contains("inputs")) judge(set, rules, order, message, profile, tally);
  }
  print(set, tally);
  return tally.messages > 0 && tally.differences == 0 && warnings.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const bool profile =
      std::find(arguments.begin(), arguments.end(), "--profile") != arguments.end();
  if (arguments.empty() || arguments.back().starts_with("--")) {
    std::cerr << "usage: zcat GOLDEN.jsonl.gz | rules-match [--profile] RULES.json\n";
    return 2;
  }
  return match_all(std::string(arguments.back()), profile);
}
