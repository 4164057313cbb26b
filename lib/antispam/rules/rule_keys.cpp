// Keys that define rules and say more about them: header, body, meta, score, describe …
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "lib/antispam/rules/load_state.hpp"
#include "lib/antispam/rules/meta.hpp"
#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

struct NameAndRest {
  std::string_view name, rest;
};

// "NAME VALUE", both there.
std::optional<NameAndRest> name_and_rest(std::string_view value) {
  const auto [name, rest] = first_word(value);
  if (rest.empty()) return std::nullopt;
  return NameAndRest{name, rest};
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// "f(arguments)". Nothing: it is none.
std::optional<Definition> eval_definition(std::string_view call, EvalTest::Kind kind) {
  const std::size_t open = call.find('(');
  if (open == call.npos || open == 0 || call.back() != ')') return std::nullopt;
  const std::string_view function = call.substr(0, open);
  if (!std::all_of(function.begin(), function.end(), is_word_char)) return std::nullopt;
  EvalTest test;
  test.kind = kind;
  test.function = function;
  test.is_rbl = kind == EvalTest::Kind::header &&
                (function.starts_with("check_rbl") || function.starts_with("check_dns"));
  Definition definition;
  definition.test = std::move(test);
  definition.eval_arguments = call.substr(open + 1, call.size() - open - 2);
  return definition;
}

KeyOutcome define_eval(LoadState& state, std::string_view name, std::string_view call,
                       EvalTest::Kind kind) {
  auto definition = eval_definition(call, kind);
  if (!definition) return KeyOutcome::invalid;
  state.define(name, std::move(*definition));
  return KeyOutcome::done;
}

bool is_header_char(char c) {
  return is_word_char(c) || c == '.' || c == '-';
}

// "Name", "Name:", "Name:modifier", "Name:modifier:modifier" at the start; what it takes.
std::size_t header_key_size(std::string_view text) {
  const auto end_of = [&](std::size_t from, auto matches) {
    while (from < text.size() && matches(text[from])) ++from;
    return from;
  };
  std::size_t end = end_of(0, is_header_char);
  if (end == 0 || end == text.size() || text[end] != ':') return end;
  const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  for (int i = 0; i < 2 && end < text.size() && text[end] == ':'; ++i) {
    const std::size_t modifier = end_of(end + 1, is_small);
    if (modifier == end + 1) return i == 0 ? end + 1 : end;
    end = modifier;
  }
  return end;
}

HeaderKey header_key(std::string_view text) {
  HeaderKey key;
  if (text.ends_with(':')) text.remove_suffix(1);
  const std::size_t colon = text.find(':');
  key.name = text.substr(0, colon);
  while (!text.empty() && text.find(':') != text.npos) {
    text.remove_prefix(text.find(':') + 1);
    key.modifiers.emplace_back(text.substr(0, text.find(':')));
  }
  return key;
}

bool has_known_modifiers(const HeaderKey& key) {
  return std::all_of(key.modifiers.begin(), key.modifiers.end(), [](const std::string& modifier) {
    return is_one_of(modifier,
                     {"raw", "addr", "name", "host", "domain", "ip", "revip", "first", "last"});
  });
}

KeyOutcome define_exists(LoadState& state, std::string_view name, std::string_view header) {
  if (header.ends_with(':')) header.remove_suffix(1);
  if (header.empty() || !std::all_of(header.begin(), header.end(), is_header_char)) {
    return KeyOutcome::invalid;
  }
  Definition definition;
  HeaderTest test;
  test.header.name = header;
  test.exists = true;
  definition.test = std::move(test);
  state.define(name, std::move(definition));
  return KeyOutcome::done;
}

KeyOutcome define_header(LoadState& state, std::string_view name, std::string_view text) {
  const std::size_t size = header_key_size(text);
  std::string_view rest = trim_start(text.substr(size));
  const bool negated = rest.starts_with("!~");
  if (size == 0 || !(negated || rest.starts_with("=~"))) return KeyOutcome::invalid;
  rest = trim_start(rest.substr(2));
  HeaderTest test;
  test.header = header_key(text.substr(0, size));
  test.negated = negated;
  if (rest.empty() || !has_known_modifiers(test.header)) return KeyOutcome::invalid;
  test.if_unset = take_if_unset(rest);
  const auto regex = state.pattern(name, rest);
  if (!regex) return KeyOutcome::done;
  test.pattern = regex->pattern;
  define_pattern(state, name, std::move(test), *regex);
  return KeyOutcome::done;
}

KeyOutcome read_header(LoadState& state, std::string_view value) {
  const auto parts = name_and_rest(value);
  if (!parts) return KeyOutcome::invalid;
  std::string_view text = parts->rest;
  for (const std::string_view prefix : {"eval:", "rbleval:"}) {
    if (text.starts_with(prefix)) {
      return define_eval(state, parts->name, text.substr(prefix.size()), EvalTest::Kind::header);
    }
  }
  constexpr std::string_view exists = "exists:";
  if (text.starts_with(exists)) {
    return define_exists(state, parts->name, text.substr(exists.size()));
  }
  return define_header(state, parts->name, text);
}

template <TextKind Kind>
KeyOutcome read_text_rule(LoadState& state, std::string_view value) {
  const auto parts = name_and_rest(value);
  if (!parts) return KeyOutcome::invalid;
  if constexpr (Kind != TextKind::uri) {
    constexpr auto eval_kind = Kind == TextKind::body      ? EvalTest::Kind::body
                               : Kind == TextKind::rawbody ? EvalTest::Kind::rawbody
                                                           : EvalTest::Kind::full;
    if (parts->rest.starts_with("eval:")) {
      return define_eval(state, parts->name, parts->rest.substr(5), eval_kind);
    }
  }
  const auto regex = state.pattern(parts->name, parts->rest);
  if (regex) define_pattern(state, parts->name, TextTest{Kind, regex->pattern}, *regex);
  return KeyOutcome::done;
}

// "**" and "* *".
bool has_power(std::string_view expression) {
  for (std::size_t at = expression.find('*'); at != expression.npos;
       at = expression.find('*', at + 1)) {
    if (trim_start(expression.substr(at + 1)).starts_with('*')) return true;
  }
  return false;
}

KeyOutcome read_meta_rule(LoadState& state, std::string_view value) {
  const auto parts = name_and_rest(value);
  if (!parts || has_power(parts->rest)) return KeyOutcome::invalid;
  const auto checked = check_meta(parts->rest, state.options.local_tests_only);
  if (!checked) {
    state.warn("the expression of " + in_quotes(parts->name) +
               " is not usable: " + checked.error() + "; correct it");
    return KeyOutcome::done;
  }
  Definition definition;
  definition.test = MetaTest{std::string(parts->rest), {}};
  state.define(parts->name, std::move(definition));
  return KeyOutcome::done;
}

KeyOutcome read_reuse(LoadState& state, std::string_view value) {
  const auto words = words_of(value);
  const bool are_names =
      !words.empty() && std::all_of(words.begin(), words.end(), [](std::string_view word) {
        return std::all_of(word.begin(), word.end(), is_word_char);
      });
  if (!are_names) return KeyOutcome::invalid;
  // With the plugin, the key only tells which hits of old headers to take over.
  if (!state.abilities.has_plugin("Reuse") && !state.definitions.contains(words.front())) {
    state.define(words.front(), {});
  }
  return KeyOutcome::done;
}

struct Score {
  double value = 0;
  bool is_relative = false;
};

std::optional<Score> score_of(std::string_view word) {
  const bool is_relative = word.size() > 2 && word.front() == '(' && word.back() == ')';
  if (is_relative) word = word.substr(1, word.size() - 2);
  const auto number = decimal(word, "-", false);
  if (!number) return std::nullopt;
  return Score{*number, is_relative};
}

KeyOutcome read_score(LoadState& state, std::string_view value) {
  const auto words = words_of(value);
  if (words.size() != 2 && words.size() != 5) return KeyOutcome::missing;
  std::array<double, 4> scores{};
  bool is_relative = false;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const auto score = score_of(words[words.size() == 5 ? i + 1 : 1]);
    if (!score) return KeyOutcome::invalid;
    scores[i] = score->value;
    is_relative = is_relative || score->is_relative;
  }
  const auto known = state.scores.find(words.front());
  if (!is_relative) {
    state.scores.insert_or_assign(std::string(words.front()), scores);
  } else if (known != state.scores.end()) {
    for (std::size_t i = 0; i < scores.size(); ++i) known->second[i] += scores[i];
  } else {
    state.warn("the score of " + in_quotes(words.front()) +
               " is relative, but none is set before; write it without parentheses");
  }
  return KeyOutcome::done;
}

template <ByName<std::string> LoadState::*Member>
KeyOutcome read_name_and_text(LoadState& state, std::string_view value) {
  const auto parts = name_and_rest(value);
  if (!parts) return KeyOutcome::missing;
  (state.*Member).insert_or_assign(std::string(parts->name), std::string(parts->rest));
  return KeyOutcome::done;
}

KeyOutcome read_priority(LoadState& state, std::string_view value) {
  const auto parts = name_and_rest(value);
  if (!parts) return KeyOutcome::missing;
  const bool is_negative = parts->rest.starts_with('-');
  const std::string_view digits = parts->rest.substr(is_negative ? 1 : 0);
  if (!is_rule_name(parts->name) || !are_digits(digits)) return KeyOutcome::invalid;
  int priority = std::numeric_limits<int>::max();  // stays if the digits are too many
  std::from_chars(digits.data(), digits.data() + digits.size(), priority);
  state.priorities.insert_or_assign(std::string(parts->name), is_negative ? -priority : priority);
  return KeyOutcome::done;
}

KeyOutcome read_subject_prefix(LoadState& state, std::string_view value) {
  const auto parts = name_and_rest(value);
  if (!parts) return KeyOutcome::missing;
  state.set.options.subject_prefixes.insert_or_assign(std::string(parts->name),
                                                      std::string(parts->rest));
  return KeyOutcome::done;
}

constexpr std::string_view pattern_form = "a rule's name and /PATTERN/ or eval:FUNCTION(…)";

constexpr auto keys = std::to_array<ConfigKey>({
    {"header", "", read_header,
     "a rule's name and HEADER =~ /PATTERN/, exists:HEADER, or eval:FUNCTION(…)"},
    {"body", "", read_text_rule<TextKind::body>, pattern_form},
    {"rawbody", "", read_text_rule<TextKind::rawbody>, pattern_form},
    {"full", "", read_text_rule<TextKind::full>, pattern_form},
    {"uri", "", read_text_rule<TextKind::uri>, "a rule's name and /PATTERN/"},
    {"meta", "", read_meta_rule, "a rule's name and an expression over other rules"},
    {"reuse", "", read_reuse, "names of rules"},
    {"score", "", read_score, "a rule's name and 1 or 4 numbers"},
    {"describe", "", read_name_and_text<&LoadState::descriptions>, "a rule's name and a text"},
    {"tflags", "", read_name_and_text<&LoadState::tflags>,
     "a rule's name and flags such as net, nice, multiple"},
    {"priority", "", read_priority, "a rule's name and a whole number"},
    {"subjprefix", "", read_subject_prefix, "a rule's name and a text"},
});

}  // namespace

std::span<const ConfigKey> rule_keys() {
  return keys;
}

}  // namespace postern::antispam
