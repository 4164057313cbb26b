// Definitions to rules, once all files are read.
#include <algorithm>
#include <charconv>

#include "lib/antispam/rules/eval_kinds.hpp"
#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

constexpr unsigned max_parts = 1000;  // that "range=2-" of mimeheader can mean

std::string_view text_for(const ByName<std::string>& texts, std::string_view name) {
  const auto found = texts.find(name);
  return found == texts.end() ? std::string_view() : std::string_view(found->second);
}

bool has_flag(std::string_view flags, std::string_view word) {
  return find_whole_word(flags, word) != flags.npos;
}

std::size_t digits_from(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_not_of("0123456789", at);
  return (end == text.npos ? text.size() : end) - at;
}

// Digits; what is too large becomes the largest.
unsigned number_from(std::string_view digits) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc::result_out_of_range ? ~0U : number;
}

// \bmaxhits=(\d+)\b
std::uint32_t maxhits_of(std::string_view flags) {
  constexpr std::string_view mark = "maxhits=";
  for (std::size_t at = flags.find(mark); at != flags.npos; at = flags.find(mark, at + 1)) {
    const std::size_t from = at + mark.size(), size = digits_from(flags, from);
    if (size > 0 && (at == 0 || !is_word_char(flags[at - 1])) &&
        (from + size == flags.size() || !is_word_char(flags[from + size]))) {
      return number_from(flags.substr(from, size));
    }
  }
  return 0;
}

// range=A-B, range=A-, range=-B, range=A, as a word of its own.
std::optional<std::pair<unsigned, unsigned>> range_of(std::string_view flags) {
  for (std::string_view word : words_of(flags)) {
    if (!word.starts_with("range=")) continue;
    word.remove_prefix(6);
    const std::size_t dash = word.find('-');
    const std::string_view first = word.substr(0, dash);
    const std::string_view last = dash == word.npos ? std::string_view() : word.substr(dash + 1);
    if (!(first.empty() || are_digits(first)) || !(last.empty() || are_digits(last))) continue;
    if (first.empty() && last.empty()) return std::nullopt;
    const unsigned from = first.empty() ? 0 : number_from(first);
    if (dash == word.npos) return std::pair{from, from};
    return std::pair{from, last.empty() ? max_parts : number_from(last)};
  }
  return std::nullopt;
}

RuleFlags flags_of(std::string_view text) {
  RuleFlags flags;
  flags.multiple = has_flag(text, "multiple");
  flags.maxhits = maxhits_of(text);
  flags.nosubject = has_flag(text, "nosubject");
  flags.net = has_flag(text, "net");
  flags.learn = has_flag(text, "learn");
  flags.nice = has_flag(text, "nice");
  flags.noautolearn = has_flag(text, "noautolearn");
  flags.userconf = has_flag(text, "userconf");
  flags.autolearn_force = has_flag(text, "autolearn_force");
  flags.autolearn_body = has_flag(text, "autolearn_body");
  flags.autolearn_header = has_flag(text, "autolearn_header");
  for (const std::string_view word : words_of(text)) flags.words.emplace_back(word);
  return flags;
}

void set_default_scores(LoadState& state) {
  for (const auto& [name, definition] : state.definitions) {
    if (state.scores.contains(name)) continue;
    double score = name.starts_with("T_") ? 0.01 : 1.0;
    if (has_flag(text_for(state.tflags, name), "nice")) score = -score;
    state.scores.emplace(name, std::array{score, score, score, score});
  }
}

Rule make_rule(LoadState& state, const std::string& name, Definition& definition) {
  Rule rule;
  rule.name = name;
  rule.scores = state.scores[name];
  const std::string_view flags = text_for(state.tflags, name);
  rule.flags = flags_of(flags);
  if (auto* header = std::get_if<HeaderTest>(&definition.test); header && header->of_parts) {
    header->part_range = range_of(flags);
    header->concat = has_flag(flags, "concat");
  }
  const auto priority = state.priorities.find(name);
  rule.priority = priority == state.priorities.end() ? 0 : priority->second;
  if (rule.priority == 0 && rule.flags.net) rule.priority = -100;
  rule.description = text_for(state.descriptions, name);
  rule.source = std::move(definition.source);
  rule.has_captures = definition.has_captures;
  rule.uses_captures = definition.uses_captures;
  rule.test = std::move(definition.test);
  return rule;
}

void make_rules(LoadState& state) {
  std::vector<Rule>& rules = state.set.rules;
  rules.reserve(state.definitions.size());
  for (auto& [name, definition] : state.definitions) {
    rules.push_back(make_rule(state, name, definition));
  }
  std::sort(rules.begin(), rules.end(),
            [](const Rule& a, const Rule& b) { return a.name < b.name; });
}

// Takes the first argument off: a quoted text, or a bare word. Nothing: there is none.
std::optional<std::string> take_argument(std::string_view& text) {
  // Behind an argument is a comma or the end.
  const auto rest_after = [&](std::size_t end) -> std::optional<std::string_view> {
    const std::string_view rest = trim_start(text.substr(end));
    if (rest.empty()) return rest;
    if (rest.front() != ',') return std::nullopt;
    return trim_start(rest.substr(1));
  };
  text = trim_start(text);
  if (text.starts_with('\'') || text.starts_with('"')) {
    for (std::size_t end = text.find(text[0], 1); end != text.npos;
         end = text.find(text[0], end + 1)) {
      if (const auto rest = rest_after(end + 1)) {
        std::string argument(text.substr(1, end - 1));
        text = *rest;
        return argument;
      }
    }
    return std::nullopt;
  }
  std::size_t end = 0;
  while (end < text.size() &&
         (ascii::is_alnum(text[end]) || text[end] == '.' || text[end] == ':' || text[end] == '-')) {
    ++end;
  }
  const auto rest = rest_after(end);
  if (end == 0 || !rest) return std::nullopt;
  std::string argument(text.substr(0, end));
  text = *rest;
  return argument;
}

std::optional<std::vector<std::string>> arguments_of(std::string_view text) {
  std::vector<std::string> arguments;
  if (trimmed(text).empty()) return arguments;
  while (!text.empty()) {
    auto argument = take_argument(text);
    if (!argument) return std::nullopt;
    arguments.push_back(std::move(*argument));
  }
  return arguments;
}

std::string_view word_for(EvalTest::Kind kind) {
  switch (kind) {
    case EvalTest::Kind::header: return "header";
    case EvalTest::Kind::body: return "body";
    case EvalTest::Kind::rawbody: return "rawbody";
    case EvalTest::Kind::full: return "full";
  }
  return {};
}

// Of the wrong kind: SpamAssassin does not run it then.
std::string wrong_kind(const LoadState& state, const EvalTest& test) {
  const EvalKind* known = find_eval_kind(test.function);
  if (known == nullptr || !known->kind || *known->kind == test.kind ||
      !state.abilities.has_plugin(known->plugin) ||
      (*known->kind == EvalTest::Kind::body && test.kind == EvalTest::Kind::rawbody)) {
    return {};
  }
  return "the function " + test.function + " is for \"" + std::string(word_for(*known->kind)) +
         "\" rules; write that instead of \"" + std::string(word_for(test.kind)) + "\"";
}

void finish_eval(LoadState& state, const std::string& name, Definition& definition) {
  auto& test = std::get<EvalTest>(definition.test);
  auto arguments = arguments_of(definition.eval_arguments);
  std::string problem = arguments
                            ? wrong_kind(state, test)
                            : "the arguments of " + test.function +
                                  " are not readable; put each in quotes, with commas between";
  if (!problem.empty()) {
    state.warn_at(definition.source, std::move(problem));
    definition.test = EmptyTest{};
    return;
  }
  test.arguments = std::move(*arguments);
  if (test.function != "check_uridnsbl" || test.kind != EvalTest::Kind::body) return;
  const auto list = state.uri_lists.find(name);
  if (list != state.uri_lists.end()) definition.test = list->second;
}

}  // namespace

void finish_evals(LoadState& state) {
  for (auto& [name, definition] : state.definitions) {
    if (std::holds_alternative<EvalTest>(definition.test)) {
      finish_eval(state, name, definition);
    } else if (auto* detail = std::get_if<UriDetailTest>(&definition.test)) {
      *detail = state.uri_details[name];
    }
  }
}

void finish_rules(LoadState& state) {
  set_default_scores(state);
  finish_evals(state);
  replace_tags(state);
  finish_metas(state);
  make_rules(state);
}

}  // namespace postern::antispam
