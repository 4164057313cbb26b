// Reads what mailbox servers have put into the spool while the learner was away.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::io {

/// A file in the spool.
struct Spooled {
  std::string path;
  uid_t sender = 0;  ///< Whose file it is.
};

/// Files of all users that wait, those of each in their order; at most `limit`. Directories that do
/// not belong to the user id in their names are passed over. Removes what a writer that has died an
/// hour ago left half written.
/// \return None when there is no such directory; an error when it may not be read.
[[nodiscard]] Expected<std::vector<Spooled>, std::string> list_spool(const std::string& directory,
                                                                     std::size_t limit);

/// Reads one. Nothing but a plain file with one name, of the user who has the directory, is read.
/// \param max_size  Octets of the file.
/// \return The octets, or why it is refused.
[[nodiscard]] Expected<std::string, std::string> read_spooled(const Spooled& file,
                                                              std::uint64_t max_size);

/// \return Whether it has gone.
bool remove_spooled(const Spooled& file);

}  // namespace postern::io
