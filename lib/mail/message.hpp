// A message as bytes, parted into header section and body (RFC 5322 §2.1).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "lib/mail/defect.hpp"
#include "lib/mail/header_section.hpp"
#include "lib/mail/limits.hpp"

namespace postern::mail {

/// A message. Views borrow from the text it was read from.
struct Message {
  HeaderSection header;
  std::string_view body;  ///< Everything after the empty line, as it came.
  Defects defects;        ///< Of the header section.
  LimitsHit limits;       ///< Of the header section.
  /// Octets before the first field: an mbox line or lines that continue nothing.
  std::size_t header_offset = 0;
  /// Offset of the line that ended the header section; the size of the text if none did.
  std::size_t header_end = 0;
  /// Offset of the body; equal to header_end when no empty line stood between.
  std::size_t body_offset = 0;
};

/// Parts a message. Lines end with CRLF or LF; CR alone, NUL, and octets above 127 are data. White
/// space before the colon of a field is obsolete but read (RFC 5322 §4.5). The section ends at an
/// empty line or, as in Postfix, before a line that is no field. Fields beyond the limits are
/// skipped. Linear in the size of the text.
///
/// \param text  From any sender, or a file.
[[nodiscard]] Message parse_message(std::string_view text, const Limits& limits = {});

}  // namespace postern::mail
