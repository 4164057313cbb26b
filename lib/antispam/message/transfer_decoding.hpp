// Transfer encodings as SpamAssassin undoes them (Util::qp_decode, Util::base64_decode).
#pragma once

#include <string>
#include <string_view>

namespace postern::antispam {

[[nodiscard]] std::string decode_qp(std::string_view text);

/// What is no letter of base64 is left out. A "=" inside counts as "A" or "/", as it does for
/// SpamAssassin, depending on what else there is.
[[nodiscard]] std::string decode_base64_text(std::string_view text);

/// CRLF becomes LF.
void squash_line_ends(std::string& text);

/// "=" followed by two hexadecimal digits becomes an octet.
void decode_hex_in_place(std::string& text);

}  // namespace postern::antispam
