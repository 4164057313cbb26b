// The URIs of rua= and ruf= (RFC 9989 §4.8, RFC 3986).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::dmarc {

/// Reads one URI of a list, without the obsolete size limit ("!10m") that may follow it. Of a
/// mailto URI the domain must be one in the form of dns::parse_domain.
///
/// \param text  Without white space around it, from any domain.
/// \return Printable ASCII without quotes, brackets, comma, or semicolon. Escapes ("%2C") are kept.
[[nodiscard]] Parsed<std::string> parse_report_uri(std::string_view text);

}  // namespace postern::dmarc
