// Opening what lies in a key directory, with the checks that keep private keys private.
#pragma once

#include <cstddef>
#include <string>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/files/secret_text.hpp"

namespace postern::io::key_directory {

/// "NAME: PROBLEM".
[[nodiscard]] Unexpected<std::string> failure(const std::string& name, const std::string& problem);
/// The text of an errno.
[[nodiscard]] std::string describe(int error);

/// Why openat(2) failed, and what to do. \param error  Its errno.
[[nodiscard]] std::string why_not_opened(int folder, const std::string& base, int error);

/// Root only: folders in the key directory that belong to root, though the directory does not, are
/// given to its owner. A command of root's that was killed between making and giving leaves such.
void mend_folders(int directory);

/// The key directory, by whatever links lead there; no descriptor when it does not exist.
[[nodiscard]] Expected<FileDescriptor, std::string> open_directory(const std::string& path);

/// The folder of a domain in it. \param path  The directory's, for errors.
[[nodiscard]] Expected<FileDescriptor, std::string> open_folder(int directory,
                                                                const std::string& path,
                                                                const std::string& domain);

/// The content of a file in an open folder. \param path  The folder's, for errors.
[[nodiscard]] Expected<SecretText, std::string> read_file(int folder, const std::string& path,
                                                          const std::string& base,
                                                          std::size_t max_size);

}  // namespace postern::io::key_directory
