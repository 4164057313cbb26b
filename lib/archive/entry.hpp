// What the directory of an archive says of its entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/flag_set.hpp"

namespace postern::archive {

/// How the octets of an entry are packed.
enum class Method {
  stored,
  deflated,  ///< RFC 1951.
  gzip,      ///< Members of gzip one after the other (RFC 1952).
  other,     ///< Nothing that we unpack.
};

/// What is wrong with an archive although its directory could be read.
enum class Defect {
  truncated,    ///< It ends too early, or its directory is gone.
  corrupt,      ///< A record that is none, or octets that cannot be unpacked.
  ambiguous,    ///< Two records of which readers choose different ones.
  hidden,       ///< An entry that the directory does not name.
  overlapping,  ///< Two entries share their octets, as in a bomb.
  long_name,    ///< A name of more than max_name_size octets; its end was taken.
};

[[nodiscard]] std::string_view to_text(Defect defect);

using Defects = mail::FlagSet<Defect>;

inline constexpr std::size_t max_name_size = 1'024;  ///< Octets of a name as it is packed.

struct Entry {
  /// What readers may take for its name: valid UTF-8, any characters, never a path to open.
  /// None where the format has none.
  std::vector<std::string> names;
  std::uint64_t size = 0;  ///< Unpacked, as the archive says; nothing makes it true.
  Method method = Method::other;
  bool is_encrypted = false;
  bool is_folder = false;
  bool is_special = false;  ///< A link, device, or pipe of a tar archive.
  std::string_view data;    ///< As packed; borrows from the archive and never leaves it.
};

struct Directory {
  std::vector<Entry> entries;
  Defects defects;
  bool is_cut = false;       ///< There are more entries than were asked for.
  bool hides_names = false;  ///< The directory is encrypted, so names may stand for others.
};

/// Adds a name if it is another one than those that are there.
void add_name(Entry& entry, std::string_view octets, Defects& defects);

}  // namespace postern::archive
