// SpamAssassin's configuration language (Mail::SpamAssassin::Conf(3pm)).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/antispam/rules/rule_set.hpp"
#include "lib/base/result.hpp"

namespace postern::antispam {

/// A file of a configuration.
struct RuleFile {
  std::string path;
  std::string text;
  /// The folder that it cannot lead out of with "include"; empty: it is the operator's own, and may
  /// include any file.
  std::string within = {};
};

/// What conditions and choices depend on besides the files.
struct LoadOptions {
  std::string locale = "en_US";   ///< For lines that begin with "lang".
  bool local_tests_only = false;  ///< As spamassassin -L.
  std::string hostname;           ///< For _HOSTNAME_ and report_hostname.
  /// What "include PATH" in the file `from` reads: a file, or the *.cf files of a folder. `path` is
  /// absolute, or relative to where the given files are. An error says why not, without the path,
  /// and the remedy.
  std::function<Expected<std::vector<RuleFile>, std::string>(const std::string& path,
                                                             const RuleFile& from)>
      include;
};

// Bounds on what a configuration can make of itself.
inline constexpr std::size_t max_pattern_size = 1024 * 1024;        ///< Octets, after replace_tags.
inline constexpr std::size_t max_patterns_size = 64 * 1024 * 1024;  ///< Of all those together.
inline constexpr std::size_t max_meta_tokens = 65'536;              ///< Of one expression.
inline constexpr std::size_t max_metas_tokens = 4 * 1024 * 1024;    ///< Of all together.
inline constexpr std::size_t max_rule_warnings = 10'000;
inline constexpr std::size_t max_included_files = 1'000;

/// Reads files in their order: *.pre, then rules, then those of the site. Whatever is not
/// understood becomes a warning. Linear in the size of the texts, but for what replace_tags and
/// rules_matching() add, which have bounds.
[[nodiscard]] RuleSet load_rules(const std::vector<RuleFile>& files, const LoadOptions& options);

}  // namespace postern::antispam
