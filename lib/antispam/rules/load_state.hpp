// What a configuration has said so far, while it is read.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/antispam/rules/load.hpp"
#include "lib/antispam/rules/plugins.hpp"
#include "lib/antispam/rules/regex_text.hpp"
#include "lib/antispam/text/words.hpp"

namespace postern::antispam {

template <typename T>
using ByName = std::unordered_map<std::string, T, WordHash, std::equal_to<>>;

/// What the last line that defines a rule has made it.
struct Definition {
  RuleTest test;
  RuleSource source;
  std::string eval_arguments;  ///< Of an EvalTest: what stands between its parentheses.
  bool has_captures = false;
  bool uses_captures = false;
};

struct ReplaceTags {
  ByName<std::string> tag, pre, post, inter;
  Words rules;
  std::string start = "<", end = ">";
};

/// How a handler liked the value of its key.
enum class KeyOutcome {
  done,     ///< Or it has said itself what is wrong.
  missing,  ///< There is no value where one is needed.
  invalid,
};

struct LoadState {
  explicit LoadState(const LoadOptions& load_options);

  /// A warning about the current line, or about another.
  void warn(std::string text) { warn_at(source, std::move(text)); }
  void warn_at(const RuleSource& where, std::string text);
  /// Defines a rule, unless its name is not fit for one.
  void define(std::string_view name, Definition definition);
  /// Reads a pattern of the current line and warns of what is wrong. Nothing: it is not usable.
  std::optional<RegexText> pattern(std::string_view rule, std::string_view text);
  /// Adds an entry to a list of addresses, lower case, once.
  void add_to(AddressGlobs& list, std::string_view entry);
  void remove_from(AddressGlobs& list, std::string_view entry);

  const LoadOptions& options;
  RuleSet set;
  RuleSource source;  ///< Of the current line.
  Abilities abilities;
  ByName<Definition> definitions;
  ByName<std::array<double, 4>> scores;
  ByName<std::string> tflags, descriptions;
  ByName<int> priorities;
  ByName<UriListTest> uri_lists;
  ByName<UriDetailTest> uri_details;
  ReplaceTags replace;
  std::map<const NetworkList*, RuleSource> network_sources;  ///< The last line about each.
  bool refuses_always_matching = false;                      ///< ignore_always_matching_regexps
  bool skips_rest_of_file = false;                           ///< require_version

 private:
  std::unordered_map<const AddressGlobs*, Words> entries_;
};

/// Defines a rule whose test holds the pattern of `regex`.
void define_pattern(LoadState& state, std::string_view name, RuleTest test, const RegexText& regex);
/// Takes " [if-unset: TEXT]" off the end of what follows "=~". \return TEXT, if it was there.
[[nodiscard]] std::optional<std::string> take_if_unset(std::string_view& pattern);

/// One word that configuration lines begin with.
struct ConfigKey {
  std::string_view name;
  std::string_view plugin;  ///< That brings it, without prefix; empty: the core.
  KeyOutcome (*read)(LoadState& state, std::string_view value);
  std::string_view form;  ///< What its value should be, after "give": "a number".
};

[[nodiscard]] std::span<const ConfigKey> rule_keys();
[[nodiscard]] std::span<const ConfigKey> plugin_rule_keys();
[[nodiscard]] std::span<const ConfigKey> list_keys();
[[nodiscard]] std::span<const ConfigKey> network_keys();
[[nodiscard]] std::span<const ConfigKey> template_keys();
[[nodiscard]] std::span<const ConfigKey> option_keys();
[[nodiscard]] std::span<const ConfigKey> ignored_keys();  ///< Known, but without effect here.

/// Keys of which only the beginning is fixed: hashbl_acl_NAME, bayes_stopword_XX.
/// \return False: `key` is none of these.
[[nodiscard]] bool read_open_key(LoadState& state, std::string_view key, std::string_view value);

/// Makes rules of definitions: defaults, tags replaced, dependencies, order.
void finish_rules(LoadState& state);
/// The steps of that which have files of their own.
void replace_tags(LoadState& state);
void finish_evals(LoadState& state);
void finish_metas(LoadState& state);
/// Networks that trusted_networks does not hold are dropped from internal and msa networks.
void check_networks(LoadState& state);

}  // namespace postern::antispam
