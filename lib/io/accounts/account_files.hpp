// Reading and replacing the files of an account directory.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io::account_files {

/// "NAME: PROBLEM".
[[nodiscard]] Unexpected<std::string> failure(const std::string& name, const std::string& problem);
/// The text of an errno.
[[nodiscard]] std::string describe(int error);

/// The account directory, which nobody but its owner may change; its owner is root or the user of
/// this process. No descriptor when it does not exist.
[[nodiscard]] Expected<FileDescriptor, std::string> open_directory(const std::string& path);

struct FileText {
  bool exists = false;
  std::string text;
};
/// The content of a regular file, found without following links.
/// \param path    The directory's, for errors.
/// \param secret  It must not be readable for others than owner and group.
[[nodiscard]] Expected<FileText, std::string> read_file(int directory, const std::string& path,
                                                        const std::string& base, bool secret);

/// Removes what a command has left that was killed while it replaced this file.
void remove_leftover(int directory, const std::string& base);

/// What a new file gets. One that is replaced keeps what it has.
struct NewFile {
  mode_t mode = 0644;
  gid_t group = static_cast<gid_t>(-1);  ///< -1: that of this process.
};
/// Replaces a file, so that there is always the old one or the new one, whole and on disk.
///
/// Dovecot sees that a passwd-file is another by its size and the second of its change: the new
/// one is always at least a second younger than the old one.
[[nodiscard]] Expected<void, std::string> replace_file(int directory, const std::string& path,
                                                       const std::string& base,
                                                       std::string_view text, const NewFile& made);

}  // namespace postern::io::account_files
