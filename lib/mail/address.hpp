// Address lists of header fields (RFC 5322 §3.4, with groups in From as RFC 6854 allows).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/defect.hpp"
#include "lib/mail/limits.hpp"

namespace postern::mail {

inline constexpr std::size_t no_group = static_cast<std::size_t>(-1);

/// One mailbox of a list. `raw` borrows from the text of the list.
struct Mailbox {
  /// The phrase, or the last comment if there is none: quotes resolved, encoded-words as they
  /// are (decode_encoded_words makes them readable). Any octets but line ends of folding.
  std::string display_name;
  std::string local_part;  ///< Without quotes. Any octets.
  /// As written without white space and comments; a literal with its brackets. Its labels are not
  /// checked: dns::parse_domain or a ToAsciiDomain does that.
  std::string domain;
  std::size_t group = no_group;  ///< Position in AddressList::groups.
  Defects defects;
  std::string_view raw;  ///< The list member, from its first token to its last.
};

struct AddressList {
  std::vector<Mailbox> mailboxes;
  std::vector<std::string> groups;           ///< Their display names.
  std::vector<std::string_view> unreadable;  ///< Members that are no mailbox, as they stand.
  Defects defects;                           ///< Of the whole text, those of its members included.
  LimitsHit limits;
};

/// Reads the body of From, To, Cc, …. The obsolete syntax of RFC 5322 §4.4 is read: empty members,
/// source routes (dropped), dots in phrases, white space and comments inside addresses. Members
/// that are no mailbox do not hide the others. Linear; what comes after Limits::addresses members
/// is left unread.
///
/// \param text  From any sender, folded or not.
[[nodiscard]] AddressList parse_address_list(std::string_view text, const Limits& limits = {});

/// "Name" <local-part@domain> with quotes where the grammar wants them. Control characters, which
/// no address has, become "?", so that the result is one line.
[[nodiscard]] std::string format(const Mailbox& mailbox);

}  // namespace postern::mail
