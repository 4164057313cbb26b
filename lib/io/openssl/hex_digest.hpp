// Digests as text, as they are published beside files.
#pragma once

#include <string>
#include <string_view>

namespace postern::io {

/// In hexadecimal, lower case. Throws std::bad_alloc when OpenSSL cannot.
[[nodiscard]] std::string sha256_hex(std::string_view octets);
[[nodiscard]] std::string sha512_hex(std::string_view octets);

}  // namespace postern::io
