// How much an account may keep, in the words of both versions of Dovecot.
#pragma once

#include <string>
#include <string_view>

#include "lib/accounts/passwd_file.hpp"
#include "lib/base/result.hpp"

namespace postern::accounts {

/// Reads "2G", "none" (no limit), or "default" (what the configuration of Dovecot says of all).
/// Sizes have a unit K, M, G, or T of 1,024, and lie between 1M and 1024T.
/// \return The size in its largest unit, "0", or ""; or what is wrong.
[[nodiscard]] Expected<std::string, std::string> read_quota(std::string_view text);

/// Gives an account a size as read_quota() returns it. It is written twice, for Dovecot 2.3 and for
/// 2.4, each of which passes over the other's field: an upgrade changes nothing.
void set_quota(Login& login, const std::string& size);

/// What set_quota() was given last.
[[nodiscard]] std::string_view quota_of(const Login& login);

/// For people: "2G", "no limit", or "default".
[[nodiscard]] std::string describe_quota(std::string_view size);

}  // namespace postern::accounts
