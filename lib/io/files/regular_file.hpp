// Reading files that others may have put there: what is no file cannot make the reader wait, and no
// link leads him elsewhere.
#pragma once

#include <cstddef>
#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

/// As read_file(), but a FIFO, a device, or a socket is refused, and never waited for.
[[nodiscard]] Expected<std::string, std::string> read_regular_file(const std::string& file,
                                                                   std::size_t max_size);

/// The same for a file below a directory of somebody else. Neither the directory nor anything on
/// the way to the file may be a symbolic link.
/// \param name  Below the directory: "a/b.cf"; without "." and "..".
/// \return Its content, or "FILE: problem".
[[nodiscard]] Expected<std::string, std::string> read_file_beneath(const std::string& directory,
                                                                   const std::string& name,
                                                                   std::size_t max_size);

}  // namespace postern::io
