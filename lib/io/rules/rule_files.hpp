// The files of SpamAssassin's rules on disk, in the order in which SpamAssassin reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/antispam/rules/load.hpp"
#include "lib/base/result.hpp"

namespace postern::io {

inline constexpr const char* default_rules_site = "/etc/spamassassin";
inline constexpr const char* packaged_rules_directory = "/usr/share/spamassassin";
inline constexpr std::size_t max_rule_file_size = 16 * 1024 * 1024;  ///< Bytes.
inline constexpr std::size_t max_rule_files = 10'000;

struct RulePlaces {
  std::string site = default_rules_site;  ///< Its *.pre come first.
  /// Files and folders of rules; the *.cf of the site are read only if it is among them.
  std::vector<std::string> rules;
};

/// Reads all: *.pre of the site, then of the places of rules, then the *.cf of each in the order
/// of their names. A site that does not exist has no files. Only regular files are read.
///
/// What lies in a folder of rules includes only what lies in it, and where that is not root's, no
/// symbolic link in it is followed: whoever fetches rules chooses those, and no other files. Files
/// that are named, and those of the site, are the operator's own.
/// \return Or "FILE: problem".
[[nodiscard]] Expected<std::vector<antispam::RuleFile>, std::string> read_rule_files(
    const RulePlaces& places);

/// For LoadOptions::include: a file, or the *.cf of a folder.
[[nodiscard]] Expected<std::vector<antispam::RuleFile>, std::string> read_included_rules(
    const std::string& path, const antispam::RuleFile& from);

/// Where a folder of rules really is; to be asked once, so that an update that switches a link
/// meanwhile does not mix two states. A link that is neither root's nor names a folder beside it is
/// refused.
/// \return Its path without links, or "PATH: problem".
[[nodiscard]] Expected<std::string, std::string> resolve_rules_folder(const std::string& path);

/// When the rules of a folder were written: by the newest of its *.cf; of updated rules, which have
/// FOLDER.cf beside FOLDER, by the channel whose update is the longest ago.
/// \return Seconds since the epoch, or nothing: there are none.
[[nodiscard]] std::optional<std::int64_t> rules_written(const std::string& folder);

}  // namespace postern::io
