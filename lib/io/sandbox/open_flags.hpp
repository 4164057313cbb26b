// How a process in the sandbox may open what is below its directory.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>

namespace postern::io {

/// O_LARGEFILE as the kernel knows it; the C library hides it where it is implied.
inline constexpr std::uint64_t large_file = 0100000;
/// No other flag: neither O_TMPFILE nor O_PATH.
inline constexpr std::uint64_t open_flags = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND |
                                            O_CLOEXEC | O_NONBLOCK | O_DIRECTORY | O_NOFOLLOW |
                                            O_NOCTTY | large_file;
/// Of what is made.
inline constexpr std::uint64_t mode_bits = S_IRWXU;

}  // namespace postern::io
