// Content-Type and Content-Disposition of a part (RFC 2045 §5, RFC 2183).
#pragma once

#include <string>
#include <string_view>

#include "lib/mail/parameter.hpp"

namespace postern::mail {

/// A media type; text/plain unless told (RFC 2045 §5.2).
struct ContentType {
  std::string type = "text";      ///< Lower case.
  std::string subtype = "plain";  ///< Lower case.
  Parameters parameters;
  Defects defects;  ///< Defect::bad_content_type, and those of the parameters.

  /// \param name  Lower case, such as "text/html".
  [[nodiscard]] bool is(std::string_view name) const;
  [[nodiscard]] bool is_multipart() const { return type == "multipart"; }
  /// What is embedded as a whole message (RFC 2046 §5.2.1, RFC 6532 §3.7, RFC 5537 §4.1).
  [[nodiscard]] bool is_message() const;
  /// As written, or "us-ascii".
  [[nodiscard]] std::string_view charset() const;
};

/// Reads the body of a Content-Type field; what is no media type is read as text/plain.
///
/// \param field_body  From any sender; at most Limits::parameter_size octets are read.
[[nodiscard]] ContentType parse_content_type(std::string_view field_body,
                                             const CharsetConverter& charsets,
                                             const Limits& limits = {});

struct ContentDisposition {
  std::string type;  ///< Lower case: "inline", "attachment", another token, or empty.
  Parameters parameters;
};

/// Reads the body of a Content-Disposition field.
[[nodiscard]] ContentDisposition parse_content_disposition(std::string_view field_body,
                                                           const CharsetConverter& charsets,
                                                           const Limits& limits = {});

}  // namespace postern::mail
