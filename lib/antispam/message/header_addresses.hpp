// Addresses of a field as SpamAssassin's own parser finds them (Util::_parse_header_addresses).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::antispam {

struct HeaderAddress {
  std::optional<std::string> phrase;   ///< Display name, or a comment in its place; not decoded.
  std::optional<std::string> address;  ///< Nothing where what stands there is none.
};

/// Steps through one value are bounded; what comes beyond the bound counts as not parsed.
/// \param value  Of one field, with its encoded words.
[[nodiscard]] std::vector<HeaderAddress> read_header_addresses(std::string_view value);

}  // namespace postern::antispam
