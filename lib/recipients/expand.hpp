// From the recipient of an SMTP RCPT to the mailboxes that its mail ends in, by Postfix's tables.
//
// cleanup(8) rewrites an address by recipient_canonical_maps and then canonical_maps, each until
// nothing changes, and then replaces it by what virtual_alias_maps list, again and again, until an
// address is listed by itself or not at all. Mail for a domain of mydestination goes to local(8),
// which follows alias_maps. What those list goes on in local(8) if it is local too; anything else,
// and what a list with an "owner-" alias leads to, is mail that begins anew with the canonical
// tables.
//
// Deliberately not followed, so that mail may end elsewhere than is said here: ~/.forward files,
// transport_maps and relocated_maps, virtual_mailbox_maps (whether a mailbox exists), luser_relay,
// BCC tables, masquerading, and what options in master.cf change. Lists in :include: files are
// not read either, but they are a problem, as are commands and files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/recipients/lookups.hpp"
#include "lib/recipients/names.hpp"

namespace postern::recipients {

inline constexpr std::size_t max_mailboxes = 100;
inline constexpr std::size_t max_depth = 16;       ///< Tables that one address leads through.
inline constexpr std::size_t max_addresses = 300;  ///< Of one recipient, on the way too.

struct Mailbox {
  std::string address;  ///< "user+extension@domain", in lower case.
  std::string user;     ///< Local part without extension.
  std::string domain;
  bool is_local = false;  ///< In mydestination: the user is one of this host's.
  bool operator==(const Mailbox&) const = default;
};

/// The logins that such a mailbox may belong to, the most special first: "user+extension@domain",
/// "user@domain", and if it is local "user+extension" and "user".
[[nodiscard]] std::vector<std::string> login_names(const Mailbox& mailbox);

struct Expansion {
  std::vector<Mailbox> mailboxes;  ///< Each once; none when there is a problem.
  /// Why it cannot be told where all of the mail goes, one line; empty: it can. Quotes what tables
  /// and postmap(1) say.
  std::string problem;
  bool is_failure = false;  ///< The problem is that a table cannot be asked.
};

/// \param recipient  From a peer.
/// \return Nothing while answers are missing, which `wants` has noted then: all keys of a step in
///         all of its tables, for all addresses known so far.
[[nodiscard]] std::optional<Expansion> expand(std::string_view recipient, const Names& names,
                                              Wants& wants);

}  // namespace postern::recipients
