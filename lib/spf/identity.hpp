// Whose domain a check is about: HELO or MAIL FROM made ready (RFC 7208 §2.3, §2.4, §4.3).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/spf/check_host.hpp"

namespace postern::spf {

/// The <sender> of check_host(), split.
struct Identity {
  std::string local_part;  ///< As given; "postmaster" if it was empty.
  std::string domain;      ///< In the form of dns::parse_domain, with at least two labels.
};

/// Finds the identity of a request. The last "@" splits MAIL FROM, and a source route before it is
/// dropped: what a mailbox provider would deliver to is what is checked.
///
/// \return An error, a literal fit for a log line, if there is no domain that could be asked: an
///         address literal, a single label, an IP address, a name over the limits of DNS, or octets
///         that no domain name has.
[[nodiscard]] Expected<Identity, std::string_view> find_identity(const Request& request);

}  // namespace postern::spf
