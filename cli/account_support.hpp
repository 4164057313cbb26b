// What the commands of "postern user" and "postern alias" have in common.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "lib/accounts/accounts.hpp"
#include "lib/accounts/address.hpp"
#include "lib/base/result.hpp"
#include "lib/io/accounts/account_directory.hpp"
#include "lib/io/accounts/mail_folder.hpp"

namespace postern::cli {

struct AccountOptions {
  std::string directory = io::default_account_directory;
  std::string postfix_config = "/etc/postfix";
  std::string mail_root = io::default_mail_root;
  std::string address;
  std::vector<std::string> targets;
  std::string label;
  std::string quota;
  std::string password_file;
  bool generate = false;
  bool json = false;
  bool force = false;
  bool delete_mail = false;
  bool no_reload = false;
};

using AccountRun = int (*)(const AccountOptions&);

/// Adds a command with the options that all have.
CLI::App& add_account_command(CLI::App& parent, const char* name, const char* help,
                              const std::shared_ptr<AccountOptions>& options, Action& action,
                              AccountRun run);
/// The same for one that changes something.
CLI::App& add_account_change(CLI::App& parent, const char* name, const char* help,
                             const std::shared_ptr<AccountOptions>& options, Action& action,
                             AccountRun run);

/// Reads an address of the command line; says on standard error when it is kept in another form.
[[nodiscard]] Expected<std::string, std::string> address_of(const std::string& text,
                                                            accounts::AddressKind kind);

/// A change of accounts, from its lock to the reload of Postfix.
class AccountChange {
 public:
  [[nodiscard]] static Expected<std::unique_ptr<AccountChange>, std::string> begin(
      const AccountOptions& options);

  [[nodiscard]] accounts::Accounts& accounts() { return accounts_; }

  /// Stores the accounts, and has Postfix read its tables if they are others.
  /// \return The exit status: 1 when all is stored, but Postfix could not be told, which it has
  /// said
  ///         then; or why nothing is stored.
  [[nodiscard]] Expected<int, std::string> commit();

 private:
  AccountChange(const AccountOptions& options, io::AccountLock lock, accounts::Accounts accounts)
      : options_(options),
        directory_(options.directory),
        lock_(std::move(lock)),
        accounts_(std::move(accounts)) {}

  const AccountOptions& options_;
  io::AccountDirectory directory_;
  io::AccountLock lock_;
  accounts::Accounts accounts_;
};

/// A password and what is written down of it.
struct NewPassword {
  std::string shown;  ///< One that we made; empty when the operator gave it.
  std::string hash;   ///< {CRYPT}hash.
};
/// The password of an account: made, read from a file, or asked for, as the options say.
[[nodiscard]] Expected<NewPassword, std::string> get_password(const AccountOptions& options,
                                                              const std::string& address);

/// A password of our making.
[[nodiscard]] std::string new_secret();

/// The bucket of an app password; see accounts::Accounts.
[[nodiscard]] std::string bucket_of(std::string_view password);

/// "a, b, c".
[[nodiscard]] std::string join_names(const std::vector<std::string>& names);

}  // namespace postern::cli
