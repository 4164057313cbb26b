// What makes a fresh Postfix and Dovecot a mail service whose accounts are kept by postern-user(1).
#pragma once

#include <string>
#include <vector>

#include "lib/setup/dovecot_plan.hpp"
#include "lib/setup/postfix_plan.hpp"

namespace postern::setup {

struct AccountsWish {
  std::string domain;       ///< Of the first account.
  std::string certificate;  ///< Files for TLS; empty: those that are configured stay.
  std::string certificate_key;
};

/// \return Changes of main.cf, and of master.cf services that are added: of such a change the name
///         is empty, and `after` the line of the service. Refused is a Postfix that has accounts.
[[nodiscard]] PostfixPlan plan_accounts(const PostfixFound& found, const AccountsWish& wish);

/// The files of Dovecot for it: accounts, quota, and TLS.
[[nodiscard]] std::vector<NewFile> account_files(const DovecotFound& found,
                                                 const AccountsWish& wish);

/// 10-auth.conf without the users of the system, against whom each login would be held first.
[[nodiscard]] std::string without_system_users(std::string_view text);
/// The opposite.
[[nodiscard]] std::string with_system_users(std::string_view text);

}  // namespace postern::setup
