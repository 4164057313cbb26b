// Hashes of passwords by libcrypt, as Dovecot verifies them, and octets that nobody can guess.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io {

/// "{CRYPT}" and a yescrypt hash with a salt of its own: some milliseconds and 16 MiB for each try,
/// also for one who has stolen the file.
/// \param password  Without NUL, at most 511 octets. A copy is wiped before the return.
/// \return Or why libcrypt has none.
[[nodiscard]] Expected<std::string, std::string> hash_password(std::string_view password);

/// Fills it with octets of getrandom(2). Throws std::system_error when the kernel has none.
void fill_random(std::span<std::uint8_t> octets);

}  // namespace postern::io
