// SpamAssassin's configuration language (Mail::SpamAssassin::Conf(3pm)).
#pragma once

#include <string>
#include <vector>

#include "lib/antispam/rules/rule_set.hpp"

namespace postern::antispam {

/// A file of a configuration.
struct RuleFile {
  std::string path;
  std::string text;
};

/// What conditions and choices depend on besides the files.
struct LoadOptions {
  std::string locale = "en_US";   ///< For lines that begin with "lang".
  bool local_tests_only = false;  ///< As spamassassin -L.
  std::string hostname;           ///< For _HOSTNAME_ and report_hostname.
};

/// Reads files in their order: *.pre, then rules, then those of the site. Whatever is not
/// understood becomes a warning. Linear in the size of the texts, but for replace_tags, which has a
/// bound.
[[nodiscard]] RuleSet load_rules(const std::vector<RuleFile>& files, const LoadOptions& options);

}  // namespace postern::antispam
