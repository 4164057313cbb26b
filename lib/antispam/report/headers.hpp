// The header fields that SpamAssassin adds: add_header and what becomes of it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/antispam/report/tags.hpp"

namespace postern::antispam {

struct AddedHeader {
  std::string name;   ///< "X-Spam-Status"
  std::string value;  ///< Folded with LF and a tab; without the last LF.
};

/// For a message of this verdict, in the order of the configuration.
[[nodiscard]] std::vector<AddedHeader> added_headers(const TagSource& source);
/// The same by other templates.
[[nodiscard]] std::vector<AddedHeader> added_headers(const TagSource& source,
                                                     std::span<const HeaderTemplate> templates);

/// Encoded words (RFC 2047) for the part of each line that is not printable ASCII.
[[nodiscard]] std::string encode_header_text(std::string_view text);

/// The whole report template with its tags replaced; ends with an empty line.
[[nodiscard]] std::string full_report(const TagSource& source);

}  // namespace postern::antispam
