// Domain names as the checks use them: one spelling, within the limits of DNS.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::dns {

inline constexpr std::size_t max_name_size = 253;  ///< Octets of text without the final dot.
inline constexpr std::size_t max_label_size = 63;  ///< RFC 1035 §2.3.4.

/// Brings a name into the one form in which it is asked, compared, and kept: lower case, without
/// final dot. Any octet but a dot may be in a label, since DNS itself allows it (RFC 2181 §11).
///
/// \param text  From any sender.
/// \return An error for an empty name, an empty label, or one over the limits above.
[[nodiscard]] Parsed<std::string> parse_name(std::string_view text);

/// Like parse_name, but only labels of letters, digits, hyphen, and underscore: what may name an
/// ADMD in MAIL FROM, HELO, d=, s=, or From. Everything else stays out of DNS and of our output.
[[nodiscard]] Parsed<std::string> parse_domain(std::string_view text);

/// Whether `text` is a name as parse_domain gives it.
[[nodiscard]] bool is_parsed_domain(std::string_view text);

/// Labels from left to right; views into `name`, which is in the form of parse_name.
[[nodiscard]] std::vector<std::string_view> labels(std::string_view name);

/// Whether `name` is `ancestor` or lies below it. Both in the form of parse_name.
[[nodiscard]] bool is_at_or_below(std::string_view name, std::string_view ancestor);

}  // namespace postern::dns
