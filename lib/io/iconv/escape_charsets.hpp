// Charsets that change by escape sequences, as Perl's Encode reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/io/iconv/bad_octet.hpp"

namespace postern::io {

/// ISO-2022-JP and its kin. Ends at the first octet beyond ASCII.
[[nodiscard]] std::optional<std::string> decode_iso_2022_jp(std::string_view bytes);
[[nodiscard]] std::optional<std::string> decode_iso_2022_kr(std::string_view bytes);
/// Ends where something is neither ASCII nor GB 2312.
[[nodiscard]] std::optional<std::string> decode_hz(std::string_view bytes, OnBadOctet on_bad);

}  // namespace postern::io
