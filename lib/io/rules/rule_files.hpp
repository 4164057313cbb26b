// The files of SpamAssassin's rules on disk, in the order in which SpamAssassin reads them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/antispam/rules/load.hpp"
#include "lib/base/result.hpp"

namespace postern::io {

inline constexpr const char* default_rules_site = "/etc/spamassassin";
/// What "postern rules update" has put in use.
inline constexpr const char* own_rules_directory = "/var/lib/postern/rules/current";
/// Where sa-update puts what it fetches, by the version of the program.
inline constexpr const char* updated_rules_directory = "/var/lib/spamassassin/4.000001";
inline constexpr const char* packaged_rules_directory = "/usr/share/spamassassin";
inline constexpr std::size_t max_rule_file_size = 16 * 1024 * 1024;  ///< Bytes.
inline constexpr std::size_t max_rule_files = 10'000;

struct RulePlaces {
  std::string site = default_rules_site;  ///< Its *.pre come first, its *.cf last.
  /// Files and folders of rules; empty: what we fetched, or sa-update, else those of the package.
  /// Where they are given, the *.cf of the site are not read.
  std::vector<std::string> rules;
};

/// Reads all: *.pre of the site, then of the places of rules, then the *.cf of each in the order
/// of their names. A site that does not exist has no files.
/// \return Or "FILE: problem".
[[nodiscard]] Expected<std::vector<antispam::RuleFile>, std::string> read_rule_files(
    const RulePlaces& places);

/// For LoadOptions::include: a file, or the *.cf of a folder. Nothing: not readable.
[[nodiscard]] std::optional<std::vector<antispam::RuleFile>> read_included_rules(
    const std::string& path);

}  // namespace postern::io
