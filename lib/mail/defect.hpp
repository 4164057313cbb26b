// What is wrong with a message although it could be read.
#pragma once

#include <string_view>

#include "lib/mail/flag_set.hpp"

namespace postern::mail {

enum class Defect {
  // header section
  mbox_line,           ///< The first line was "From " of an mbox file.
  leading_blank,       ///< The first line began with white space and so continued nothing.
  not_a_field,         ///< A line that is no field ended the header section, as in Postfix.
  blank_before_colon,  ///< White space between name and colon (RFC 5322 §4.5).
  nul,                 ///< NUL in the header section or in an address.
  // addresses
  control,           ///< Another control character.
  bare_newline,      ///< CR or LF that is no folding.
  eight_bit,         ///< Octets above 127 that are UTF-8 (RFC 6532 §3.2).
  invalid_utf8,      ///< Octets above 127 that are not.
  empty_member,      ///< An empty list member (RFC 5322 §4.4).
  blank_in_address,  ///< White space or a comment inside an addr-spec (RFC 5322 §4.4).
  odd_local_part,    ///< A dot at either end or two in a row, as some providers gave out.
  odd_phrase,        ///< A display name with characters that need quotes.
  address_as_name,   ///< An unquoted "@" in the display name.
  source_route,      ///< A route was dropped (RFC 5322 §4.4).
  unclosed,          ///< A quoted-string, comment, group, or bracket never ends.
  // MIME
  ambiguous,            ///< Two fields or parameters of which readers choose different ones.
  bad_content_type,     ///< Not "type/subtype"; read as RFC 2045 §5.2 says.
  bad_parameter,        ///< Text between parameters that is none.
  duplicate_parameter,  ///< The same parameter twice.
  missing_boundary,     ///< A multipart without boundary parameter.
  empty_boundary,       ///< A multipart whose boundary is "".
  missing_end,          ///< A multipart without its last delimiter line.
  no_part,              ///< A multipart without any delimiter line.
  after_end,            ///< A delimiter line after the last one; what follows is a part.
  near_boundary,      ///< A line that only begins like a delimiter (RFC 2046 §5.1.1 may mean it).
  unknown_encoding,   ///< A Content-Transfer-Encoding that nobody knows.
  encoded_container,  ///< A multipart or message with an encoding that RFC 2045 §6.4 forbids.
};

/// Words for people.
[[nodiscard]] std::string_view to_text(Defect defect);

using Defects = FlagSet<Defect>;

}  // namespace postern::mail
