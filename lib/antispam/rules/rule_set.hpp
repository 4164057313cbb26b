// All rules and options of a configuration, read and resolved. Plain data; nothing is compiled.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/antispam/rules/options.hpp"
#include "lib/antispam/rules/rule.hpp"

namespace postern::antispam {

/// Something in a configuration that was not understood or cannot work. Never fatal.
struct RuleWarning {
  RuleSource source;
  std::string text;  ///< With the remedy; quotes the file escaped.
};

struct RuleSet {
  std::vector<Rule> rules;  ///< Ordered by name; names are unique.
  Options options;
  std::vector<std::string> meta_names;  ///< What metas name; not all are rules.
  std::vector<RuleWarning> warnings;
  std::vector<std::string> files;    ///< In the order they were read.
  std::vector<std::string> plugins;  ///< loadplugin, as named.

  /// Index in `rules`, or nothing.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
};

}  // namespace postern::antispam
