// The table of aliases, as Postfix reads it for virtual_alias_maps: address, blanks, targets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/accounts/lines.hpp"
#include "lib/base/result.hpp"

namespace postern::accounts {

inline constexpr std::size_t max_targets = 100;  ///< Of one alias.

struct AliasEntry {
  std::string before;   ///< Empty lines and comments above it, with their line ends.
  std::string address;  ///< "@domain": a catch-all.
  std::vector<std::string> targets;

  bool operator==(const AliasEntry&) const = default;
};

struct AliasFile {
  std::vector<AliasEntry> entries;
  std::string after;  ///< Empty lines and comments below the last entry.

  bool operator==(const AliasFile&) const = default;
  [[nodiscard]] AliasEntry* find(std::string_view address);
  [[nodiscard]] const AliasEntry* find(std::string_view address) const;
  /// Removes an entry; the comments above it stay.
  void remove(std::string_view address);
};

/// Reads a file; refuses what Postfix would read otherwise than we do.
[[nodiscard]] Expected<AliasFile, FileProblem> parse_alias_file(std::string_view text);

/// parse_alias_file(format(file)) is the file.
[[nodiscard]] std::string format(const AliasFile& file);

}  // namespace postern::accounts
