// The encodings of Unicode as Perl's Encode reads them: without surrogates, noncharacters, and what
// is longer than it need be.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/io/iconv/bad_octet.hpp"

namespace postern::io {

[[nodiscard]] std::optional<std::string> decode_utf8(std::string_view bytes, OnBadOctet on_bad);

/// \param name  utf-16, utf-16le, utf-16be, utf-32, utf-32le, utf-32be, ucs-2le, ucs-2be.
[[nodiscard]] std::optional<std::string> decode_wide(std::string_view bytes, std::string_view name,
                                                     OnBadOctet on_bad);

[[nodiscard]] std::string decode_utf7(std::string_view bytes);

}  // namespace postern::io
