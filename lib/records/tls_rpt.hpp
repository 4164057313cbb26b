// TLS-RPT: where senders report that TLS to a domain failed (RFC 8460 §3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::records {

inline constexpr std::size_t max_tls_rpt_uris = 20;  ///< Read of one record.

/// The text of the TXT record. \param uris  At least one, "mailto:" or "https:".
[[nodiscard]] std::string format_tls_rpt(const std::vector<std::string>& uris);

/// Whether a TXT record is meant to be one of TLS-RPT.
[[nodiscard]] bool is_tls_rpt(std::string_view text);

/// Reads the TXT record and gives its URIs.
/// \param text  From any domain. \return An error for a bad version, and for an rua= that is
///              missing or names something other than "mailto:" and "https:".
[[nodiscard]] Parsed<std::vector<std::string>> parse_tls_rpt(std::string_view text);

}  // namespace postern::records
