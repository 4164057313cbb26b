// The tables that Postfix reads as texthash:, made from users and aliases.
#pragma once

#include <string>
#include <vector>

#include "lib/accounts/accounts.hpp"

namespace postern::accounts {

struct Table {
  std::string name;  ///< Of the file.
  std::string text;

  bool operator==(const Table&) const = default;
};

/// domains: virtual_mailbox_domains. mailboxes: virtual_mailbox_maps, and as the second table of
/// virtual_alias_maps, in which each account leads to itself, so that no catch-all takes its mail.
/// senders: smtpd_sender_login_maps; an account owns its address, and those behind an alias own the
/// alias together.
[[nodiscard]] std::vector<Table> make_tables(const Accounts& accounts);

}  // namespace postern::accounts
