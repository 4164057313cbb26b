// The archive of an update: which files it may hold, and what may stand in them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/archive/inflate.hpp"
#include "lib/base/result.hpp"

namespace postern::antispam {

inline constexpr std::size_t max_update_archive = 8'000'000;      ///< Octets, packed.
inline constexpr std::size_t max_update_size = 64 * 1024 * 1024;  ///< Octets, unpacked.
inline constexpr std::size_t max_update_file = 16 * 1024 * 1024;  ///< Octets of one file.
inline constexpr std::size_t max_update_files = 1'000;

struct UpdateFile {
  std::string name;  ///< Letters, digits, ".", "_", "-", ",", "+"; no folder, and no "." first.
  std::string text;
};

/// Reads VERSION.tar.gz. All files lie in one folder; an archive with anything else, or that is
/// damaged or too large, is refused as a whole. In *.cf and *.pre what would load code of Perl or
/// name servers becomes a comment, and @@NAME@@ what SpamAssassin on Debian puts there, as
/// sa-update does it.
/// \return Or what is wrong, with the name of the file.
[[nodiscard]] Expected<std::vector<UpdateFile>, std::string> read_update_archive(
    std::string_view packed, archive::Inflate inflate);

/// One file of rules as it is installed.
[[nodiscard]] std::string without_code(std::string_view text);

}  // namespace postern::antispam
