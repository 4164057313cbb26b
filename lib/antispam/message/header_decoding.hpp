// Values of header fields as rules see them (Message::Node::header, _decode_header).
#pragma once

#include <string>
#include <string_view>

#include "lib/antispam/text/strict_charsets.hpp"

namespace postern::antispam {

/// Unfolded, trimmed, and decoded. Octets; UTF-8 where anything was decoded.
[[nodiscard]] std::string read_field_value(std::string_view name, std::string_view raw,
                                           const StrictCharsets& charsets);

/// Without unfolding: encoded words (RFC 2047) and what is not ASCII.
[[nodiscard]] std::string decode_field_value(std::string_view name, std::string_view value,
                                             const StrictCharsets& charsets);

/// A newline with all white space that follows becomes one blank.
[[nodiscard]] std::string unfolded_with_all_space(std::string_view raw);

}  // namespace postern::antispam
