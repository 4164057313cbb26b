// Internationalized domain names as DNS knows them, through libidn2 (RFC 5891 §5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::io {

/// A domain of U-labels, A-labels, or plain labels as A-labels, lower case, without final dot: what
/// dns::parse_domain accepts. UTF-8 in; the non-transitional mapping of UTS #46.
///
/// \param domain  From any sender. NUL, invalid UTF-8, more than 1,024 octets, and what no domain
///                may hold give nothing.
[[nodiscard]] std::optional<std::string> to_ascii_domain(std::string_view domain);

}  // namespace postern::io
