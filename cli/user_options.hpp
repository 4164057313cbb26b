// The commands that the options of "postern user" can be given to.
#pragma once

#include "cli/account_support.hpp"

namespace postern::cli {

[[nodiscard]] int user_add(const AccountOptions& options);
[[nodiscard]] int user_passwd(const AccountOptions& options);
[[nodiscard]] int user_quota(const AccountOptions& options);
[[nodiscard]] int user_disable(const AccountOptions& options);
[[nodiscard]] int user_enable(const AccountOptions& options);
[[nodiscard]] int user_remove(const AccountOptions& options);
[[nodiscard]] int user_refresh(const AccountOptions& options);
[[nodiscard]] int user_list(const AccountOptions& options);

[[nodiscard]] int app_password_add(const AccountOptions& options);
[[nodiscard]] int app_password_list(const AccountOptions& options);
[[nodiscard]] int app_password_remove(const AccountOptions& options);

}  // namespace postern::cli
