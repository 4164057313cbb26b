// Text for the SMTP client, made safe for smfi_setreply().
#pragma once

#include <string>
#include <string_view>

namespace postern::milter {

/// Octets of the text of a reply line: 512 with code, enhanced code, and CRLF (RFC 5321
/// §4.5.3.1.5).
inline constexpr std::size_t max_reply_text_size = 480;

/// `text` on one line of printable ASCII, cut at the limit, with every "%" doubled, since libmilter
/// takes it for a format.
[[nodiscard]] std::string to_reply_text(std::string_view text);

}  // namespace postern::milter
