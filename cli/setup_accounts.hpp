// The part of "postern setup --with-accounts" that is neither Postfix nor Dovecot.
#pragma once

#include <string>

#include "lib/base/result.hpp"

namespace postern::cli {

/// Makes the user vmail, the directory of all mail, and that of the accounts; what is there stays.
[[nodiscard]] Expected<void, std::string> make_account_home();

/// Whether there is such an account.
[[nodiscard]] bool has_account(const std::string& address);

}  // namespace postern::cli
