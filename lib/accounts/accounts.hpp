// All accounts of a host, and what the operator does with them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/accounts/alias_file.hpp"
#include "lib/accounts/passwd_file.hpp"
#include "lib/base/result.hpp"

namespace postern::accounts {

inline constexpr std::size_t max_users = 10'000;
inline constexpr std::size_t max_aliases = 20'000;
inline constexpr std::size_t max_app_passwords = 32;  ///< Of one account.

/// What is written down; everything else follows from it (tables.hpp).
struct Accounts {
  PasswdFile users;
  /// Logins by the name "ADDRESS/XX". XX is the bucket of the password: the first octet of its
  /// SHA-256 in hexadecimal digits, by which Dovecot finds the one line of several that a given
  /// password may be the password of. No account has two of one bucket.
  PasswdFile app_passwords;
  AliasFile aliases;

  bool operator==(const Accounts&) const = default;
};

/// Errors of all that follows name the address and the remedy. Addresses are such as
/// read_address() returns.
using Outcome = Expected<void, std::string>;

/// A name in Accounts::users, and one in Accounts::app_passwords.
[[nodiscard]] bool is_user_name(std::string_view name);
[[nodiscard]] bool is_app_password_name(std::string_view name);

/// Whether any account or alias is of the domain.
[[nodiscard]] bool has_domain(const Accounts& accounts, std::string_view domain);

/// The account, or the error that there is none.
[[nodiscard]] Expected<Login*, std::string> find_user(Accounts& accounts, std::string_view address);

/// Adds an account. The first one of a domain gets the mail to postmaster and abuse (RFC 2142 §4,
/// §5), unless somebody has it.
/// \return The aliases made for that.
[[nodiscard]] Expected<std::vector<std::string>, std::string> add_user(Accounts& accounts,
                                                                       const Login& login);

struct RemovedUser {
  std::vector<std::string> removed_aliases;  ///< Those that led to nobody else.
  std::vector<std::string> changed_aliases;  ///< Those that lead to others still.
};
/// Removes an account with its app passwords.
/// \param force  Also the aliases that lead to it alone; otherwise they are an error.
[[nodiscard]] Expected<RemovedUser, std::string> remove_user(Accounts& accounts,
                                                             std::string_view address, bool force);

/// Keeps an account, its app passwords with it, from logging in, or lets it again. It gets mail
/// as before.
[[nodiscard]] Outcome disable_user(Accounts& accounts, std::string_view address, bool disabled);

/// What is wrong with the label of an app password; empty when nothing is.
[[nodiscard]] std::string objection_to_label(std::string_view label);

/// The app passwords of an account.
[[nodiscard]] std::vector<const Login*> app_passwords_of(const Accounts& accounts,
                                                         std::string_view address);

struct AppPassword {
  std::string address;
  std::string label;
  std::string bucket;  ///< Two lower-case hexadecimal digits.
  std::string hash;    ///< {SCHEME}hash.
  std::string date;
};
/// Whether the account has no app password of this bucket yet.
[[nodiscard]] bool is_free_bucket(const Accounts& accounts, std::string_view address,
                                  std::string_view bucket);
/// Adds an app password; its bucket is free.
[[nodiscard]] Outcome add_app_password(Accounts& accounts, const AppPassword& added);
[[nodiscard]] Outcome remove_app_password(Accounts& accounts, std::string_view address,
                                          std::string_view label);

/// Adds targets to an alias, which is made if it does not exist.
[[nodiscard]] Outcome add_alias(Accounts& accounts, const std::string& address,
                                const std::vector<std::string>& targets);
/// Removes an alias, or one target of it.
/// \param target  Empty: all.
[[nodiscard]] Outcome remove_alias(Accounts& accounts, const std::string& address,
                                   const std::string& target);

}  // namespace postern::accounts
