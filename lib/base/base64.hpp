// Base64 of tag lists and key records (RFC 4648 §4), with white space allowed between characters.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern {

/// Decodes base64. White space may stand anywhere, since DKIM folds its values (RFC 6376 §3.2);
/// padding is optional, but what there is must be right.
///
/// \param text  From any sender.
/// \return The bytes, at most 3/4 of the size of `text`; an error at the first other character.
[[nodiscard]] Parsed<std::string> decode_base64(std::string_view text);

/// Encodes with padding and without line breaks.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace postern
