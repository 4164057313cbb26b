// Which charsets an operator who reads certain languages expects
// (Mail::SpamAssassin::Locales).
#pragma once

#include <string_view>

namespace postern::antispam {

/// \param ok_locales  The option: words such as "en ja", or "all".
[[nodiscard]] bool are_all_locales_ok(std::string_view ok_locales);

/// Whether mail in `charset` is expected. Western charsets always are.
/// \param charset     From a peer, in any spelling.
[[nodiscard]] bool is_charset_ok(std::string_view charset, std::string_view ok_locales);

/// The encoded form of such a charset has capitals whatever its text is.
[[nodiscard]] bool is_likely_to_look_like_capitals(std::string_view charset);

}  // namespace postern::antispam
