// A message with its verdict written into it, as spamc gets it back (PerMsgStatus::rewrite_mail).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/antispam/report/tags.hpp"

namespace postern::antispam {

/// A message as it came.
struct PristineMessage {
  std::string_view headers;  ///< With the empty line, if there was one.
  std::string_view body;
  bool has_crlf = false;  ///< What the message ends its lines with.
};

/// With X-Spam-* fields, and other fields marked as rewrite_header says. Spam becomes an attachment
/// of a report where report_safe says so.
///
/// \param random  32 bits for the boundary.
[[nodiscard]] std::string rewrite_message(const PristineMessage& message, const TagSource& source,
                                          std::int64_t now, std::uint32_t random);

}  // namespace postern::antispam
