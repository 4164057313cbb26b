// OpenDKIM's files: opendkim.conf, KeyTable, SigningTable (opendkim.conf(5), opendkim(8)).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/keyring/import.hpp"

namespace postern::keyring {

enum class OpendkimFile { configuration, key_table, signing_table };

/// Which of its files a text is, judged by the words in it.
[[nodiscard]] OpendkimFile guess_opendkim_file(std::string_view text);

/// What opendkim.conf says about keys. Everything else in it is passed over.
struct OpendkimConfiguration {
  std::vector<std::string> domains;  ///< Domain; "/path" entries are lists in files.
  std::size_t domain_line = 0;
  std::string selector;       ///< Selector.
  std::string key_file;       ///< KeyFile.
  std::string key_table;      ///< Path of KeyTable; then the ones above do not count.
  std::string signing_table;  ///< Path of SigningTable.
  std::vector<std::string> warnings;
};
/// \param file  Its name, for warnings.
[[nodiscard]] OpendkimConfiguration parse_opendkim_configuration(std::string_view text,
                                                                 std::string_view file);

/// A text with the name to use for it in messages. Views borrow.
struct NamedText {
  std::string_view text;
  std::string_view file;
};

/// The key of a configuration without KeyTable, once for each domain.
[[nodiscard]] ImportPlan plan_single_key(const OpendkimConfiguration& configuration,
                                         std::string_view file);

/// The keys of a KeyTable that the SigningTable uses, or all when there is none. "%" as domain
/// stands for the domains that the SigningTable names. A line that cannot be taken over is a
/// warning.
[[nodiscard]] ImportPlan plan_key_table(const NamedText& key_table,
                                        const std::optional<NamedText>& signing_table);

}  // namespace postern::keyring
