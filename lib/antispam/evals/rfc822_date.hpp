// Dates of mail as SpamAssassin reads them (Util::parse_rfc822_date): far more lenient than
// RFC 5322.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::antispam {

/// \param text  Anything that holds a date; from a peer.
/// \return Seconds since the epoch; nothing where there is no day with a month and a year. A field
/// out of range is brought to its limit; years stay within 1970 and 2037.
[[nodiscard]] std::optional<std::int64_t> parse_rfc822_date(std::string_view text);

}  // namespace postern::antispam
