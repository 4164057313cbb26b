// The sender of a triplet in a form that does not change from one attempt to the next.
#pragma once

#include <string>
#include <string_view>

namespace postern::greylist {

inline constexpr std::size_t max_local_part_size = 64;  ///< Octets kept; RFC 5321 §4.5.3.1.1.

/// Lower case; tags of BATV ("prvs=TAG=user"), hash and time of SRS ("SRS0=HASH=TT=domain=user",
/// "SRS1=HASH=forwarder==HASH=TT=domain=user"), the recipient of VERP and extensions behind "+"
/// taken away; parts with digits become "#". The null sender is "<>".
[[nodiscard]] std::string normalized_sender(std::string_view rfc5321_mail_from);

/// A recipient in lower case.
[[nodiscard]] std::string normalized_recipient(std::string_view recipient);

}  // namespace postern::greylist
