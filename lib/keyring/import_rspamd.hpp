// The keys of rspamd's module dkim_signing: dkim_signing.conf and the maps it names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/keyring/import.hpp"

namespace postern::keyring {

inline constexpr std::string_view default_rspamd_path =
    "/var/lib/rspamd/dkim/$domain.$selector.key";
inline constexpr std::string_view default_rspamd_selector = "dkim";

/// What dkim_signing.conf says about keys.
struct RspamdConfiguration {
  /// One key of one domain. What is empty comes from the whole.
  struct Entry {
    std::string domain;  ///< As written.
    std::string selector;
    std::string path;
    std::size_t line = 0;
  };
  std::vector<Entry> entries;  ///< Of the blocks "domain { ... }".
  std::string selector{default_rspamd_selector};
  std::string path{default_rspamd_path};
  std::string selector_map;  ///< Path of a map from domain to selector; empty: none.
  std::string path_map;      ///< Path of a map from domain to path; empty: none.
  std::vector<std::string> warnings;
};

/// Reads a configuration with or without the block "dkim_signing { }" around it. What is about keys
/// and not understood, such as keys in Redis or in Vault, is a warning with file and line.
/// \param file  Its name, for warnings and errors.
/// \return An error "file:line: problem" for a text that is no UCL.
[[nodiscard]] Expected<RspamdConfiguration, std::string> parse_rspamd_configuration(
    std::string_view text, std::string_view file);

/// The content of a map and the name of its file.
struct RspamdMap {
  std::string text;
  std::string file;
};

/// The keys of a configuration: those of its blocks and of its maps, or, where there are neither,
/// every file that fits its path.
/// \param file  Its name, for warnings.
[[nodiscard]] ImportPlan plan_rspamd(const RspamdConfiguration& configuration,
                                     std::string_view file,
                                     const std::optional<RspamdMap>& selector_map,
                                     const std::optional<RspamdMap>& path_map);

}  // namespace postern::keyring
