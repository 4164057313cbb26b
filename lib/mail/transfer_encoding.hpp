// Content-Transfer-Encoding: quoted-printable and base64 as senders really write them (RFC 2045
// §6).
#pragma once

#include <string>
#include <string_view>

namespace postern::mail {

enum class TransferEncoding {
  identity,  ///< 7bit, 8bit, binary, or none given.
  quoted_printable,
  base64,
  unknown,  ///< Anything else: the octets are opaque.
};

/// Reads the body of a Content-Transfer-Encoding field.
[[nodiscard]] TransferEncoding parse_transfer_encoding(std::string_view field_body);

/// Decodes quoted-printable (RFC 2045 §6.7). What is no escape stays literal; white space at the
/// end of a line is dropped. Never longer than `body`.
[[nodiscard]] std::string decode_quoted_printable(std::string_view body);

/// Decodes base64 (RFC 2045 §6.8). Everything outside the alphabet is skipped; padding may lack;
/// after padding decoding goes on, as a joined second piece would need. Never longer than `body`.
[[nodiscard]] std::string decode_base64_body(std::string_view body);

/// Decodes by name; identity and unknown give the octets as they are.
[[nodiscard]] std::string decode_body(std::string_view body, TransferEncoding encoding);

}  // namespace postern::mail
