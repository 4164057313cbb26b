// What other signers' configurations say about keys: which are to be taken over, and from where.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::keyring {

inline constexpr std::size_t max_import_size = 4 * 1024 * 1024;  ///< Bytes of one file.
inline constexpr std::size_t max_imported_keys = 50'000;         ///< Of one import.
inline constexpr std::size_t max_import_warnings = 100;          ///< The last says there are more.

/// A key that a configuration names.
struct ImportedKey {
  std::string domain;           ///< In the form of dns::parse_domain.
  std::string selector;         ///< Likewise.
  std::string path;             ///< Of the private key, as written; empty when it stands inline.
  std::string_view inline_key;  ///< Secret. Borrows from the text that was parsed.
  std::string origin;           ///< "file:line", where it is named.
};

/// Keys that a configuration names only by a pattern: every file that fits it is a key.
struct KeyPattern {
  std::string folder;  ///< The files or folders in it are to be matched.
  std::string before;  ///< What a name in that folder begins with, before the domain.
  std::string after;   ///< What it ends with, after the domain.
  std::string below;   ///< What follows the name in the path, "" or "/..."; "$domain" in it is the
                       ///< domain.
  std::string selector;
  std::string origin;

  /// The domain of a name in `folder`, if it fits.
  [[nodiscard]] std::optional<std::string> domain_of(std::string_view name) const;
  /// Where the private key of that domain lies.
  [[nodiscard]] std::string path_of(std::string_view domain) const;
};

/// What one configuration comes to.
struct ImportPlan {
  std::vector<ImportedKey> keys;
  std::vector<KeyPattern> patterns;
  std::vector<std::string> warnings;  ///< What is not taken over: "file:line: problem".
};

/// "file:line: problem" into the list, as long as there is room.
void add_warning(std::vector<std::string>& warnings, std::string_view file, std::size_t line,
                 std::string_view problem);

/// A word of a configuration as a message may show it: in quotes, printable, and not too long.
[[nodiscard]] std::string in_quotes(std::string_view word);

/// `text` with every `variable` replaced.
[[nodiscard]] std::string replace_all(std::string_view text, std::string_view variable,
                                      std::string_view value);

/// Line by line: the words before a comment ("#"). Views borrow.
struct ConfigLine {
  std::size_t number = 0;  ///< From 1.
  std::string_view key;    ///< The first word.
  std::string_view value;  ///< The rest, trimmed; may be empty.
};
[[nodiscard]] std::vector<ConfigLine> config_lines(std::string_view text);

}  // namespace postern::keyring
