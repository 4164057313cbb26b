// The TXT record that says that there is an MTA-STS policy, and which one (RFC 8461 §3.1).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::mta_sts {

inline constexpr std::size_t max_id_size = 32;  ///< RFC 8461 §3.1.

/// Where the record is: "_mta-sts.example.org".
[[nodiscard]] std::string record_name(std::string_view domain);

/// The text of the TXT record. \param id  1 to max_id_size letters and digits.
[[nodiscard]] std::string format_record(std::string_view id);

/// Whether a TXT record is meant to be one of MTA-STS; others are passed over (RFC 8461 §3.1).
[[nodiscard]] bool is_record(std::string_view text);

/// Whether a text is 1 to max_id_size letters and digits.
[[nodiscard]] bool is_id(std::string_view text);

/// Reads the TXT record and gives its id.
/// \param text  From any domain. \return An error for a bad version, or an id that is missing or
///              not of 1 to max_id_size letters and digits.
[[nodiscard]] Parsed<std::string> parse_record(std::string_view text);

}  // namespace postern::mta_sts
