// Received fields: which hosts a message claims to have passed (RFC 5321 §4.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/ip_address.hpp"
#include "lib/mail/date.hpp"

namespace postern::mail {

/// One hop. Words are as written, without comments; empty where the field says nothing. All of it
/// is what a peer claims, unless our own MTA wrote the field.
struct Received {
  std::string from;  ///< What the client called itself (HELO), as a rule.
  std::string host;  ///< The name by which the server knows the client, from the comment.
  /// Of the client: the first in the comments after "from", else of a `from` in brackets.
  std::optional<IpAddress> ip;
  std::string by;
  std::string via;
  std::string with;
  std::string id;
  std::string recipient;  ///< "for", without angle brackets.
  std::optional<DateTime> date;
};

/// Reads the body of a Received field as MTAs write it; clauses may come in any order and the
/// first of each kind counts.
///
/// \param text  From any sender; at most max_received_size octets are read.
[[nodiscard]] Received parse_received(std::string_view text);

inline constexpr std::size_t max_received_size = 8192;

}  // namespace postern::mail
