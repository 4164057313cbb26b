#include "lib/antispam/rules/load_state.hpp"

#include <algorithm>

#include "lib/antispam/rules/words_of.hpp"

namespace postern::antispam {
namespace {

constexpr std::size_t max_name_size = 100;
constexpr std::size_t long_name_size = 40;

}  // namespace

LoadState::LoadState(const LoadOptions& load_options) : options(load_options) {
  set.options.report_contact = "the administrator of that system";
  set.options.headers = {{HeaderTemplate::When::all, "Checker-Version",
                          "SpamAssassin _VERSION_ (_SUBVERSION_) on _HOSTNAME_"}};
}

void LoadState::warn_at(const RuleSource& where, std::string text) {
  if (set.warnings.size() == max_rule_warnings) text = "too many warnings; the rest is not shown";
  if (set.warnings.size() <= max_rule_warnings) set.warnings.push_back({where, std::move(text)});
}

void LoadState::define(std::string_view name, Definition definition) {
  if (!is_rule_name(name)) {
    return warn("the rule's name " + in_quotes(name) +
                " is not made of letters, digits, and \"_\" with no digit first; rename the rule");
  }
  if (name.size() > max_name_size) {
    return warn("the rule's name " + in_quotes(name) + " is longer than " +
                std::to_string(max_name_size) + " characters; shorten it");
  }
  if (name.size() > long_name_size && !name.starts_with("__") && !name.starts_with("T_")) {
    warn("the rule's name " + in_quotes(name) + " is longer than " +
         std::to_string(long_name_size) +
         " characters; shorten it, since reports cannot show it well");
  }
  definition.source = source;
  definitions.insert_or_assign(std::string(name), std::move(definition));
  priorities.try_emplace(std::string(name), 0);
}

std::optional<RegexText> LoadState::pattern(std::string_view rule, std::string_view text) {
  auto regex = read_regex(text);
  const std::string of_rule = rule.empty() ? "" : "of " + std::string(rule) + " ";
  if (!regex) {
    warn("the regular expression " + of_rule + "is not usable: " + regex.error());
    return std::nullopt;
  }
  if (regex->pattern.size() > max_pattern_size) {
    warn("the regular expression " + of_rule + "is longer than " +
         std::to_string(max_pattern_size) + " octets; shorten it");
    return std::nullopt;
  }
  if (!rule.empty() && !regex->always_matches.empty()) {
    warn("the regular expression " + of_rule + "matches any text, since " +
         std::string(regex->always_matches) + "; correct it");
    if (refuses_always_matching) return std::nullopt;
  }
  return std::move(*regex);
}

void LoadState::add_to(AddressGlobs& list, std::string_view entry) {
  std::string lower = ascii::to_lower(entry);
  if (entries_[&list].insert(lower).second) list.push_back(std::move(lower));
}

void LoadState::remove_from(AddressGlobs& list, std::string_view entry) {
  const std::string lower = ascii::to_lower(entry);
  if (entries_[&list].erase(lower) > 0) std::erase(list, lower);
}

void define_pattern(LoadState& state, std::string_view name, RuleTest test,
                    const RegexText& regex) {
  if (regex.has_captures) state.priorities.insert_or_assign(std::string(name), -10000);
  Definition definition;
  definition.test = std::move(test);
  definition.has_captures = regex.has_captures;
  definition.uses_captures = regex.uses_captures;
  state.define(name, std::move(definition));
}

std::optional<std::string> take_if_unset(std::string_view& pattern) {
  constexpr std::string_view mark = "[if-unset:";
  if (!pattern.ends_with(']')) return std::nullopt;
  for (std::size_t at = pattern.find(mark); at != pattern.npos; at = pattern.find(mark, at + 1)) {
    const std::string_view inside =
        pattern.substr(at + mark.size(), pattern.size() - at - mark.size() - 1);
    if (at == 0 || !is_perl_space(pattern[at - 1]) || inside.empty() ||
        !is_perl_space(inside.front())) {
      continue;
    }
    // Blanks before the text are not part of it, unless there is nothing else.
    std::string_view text = trim_start(inside);
    if (text.empty()) text = inside.substr(inside.size() - 1);
    if (inside.size() == 1) continue;
    pattern = trim_end(pattern.substr(0, at));
    return std::string(text);
  }
  return std::nullopt;
}

}  // namespace postern::antispam
