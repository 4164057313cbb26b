// "postern user add", "passwd", "quota", "disable", "enable", "remove", and "refresh".
#include <cstdio>

#include "cli/user_options.hpp"
#include "lib/accounts/quota_size.hpp"
#include "lib/io/accounts/postfix_domains.hpp"

namespace postern::cli {
namespace {

using accounts::AddressKind;
using accounts::Login;

// The account that is to be made, or why it cannot be, before anybody types a password for it.
Expected<Login, std::string> planned_login(const AccountOptions& options) {
  const auto address = address_of(options.address, AddressKind::account);
  if (!address) return Unexpected<std::string>(address.error());
  const auto quota = accounts::read_quota(options.quota.empty() ? "default" : options.quota);
  if (!quota) return Unexpected<std::string>("--quota " + quota.error());
  Login login;
  login.name = *address;
  set_quota(login, *quota);
  auto present = io::AccountDirectory(options.directory).load();
  if (!present) return Unexpected<std::string>(present.error());
  const auto added = accounts::add_user(*present, login);
  if (!added) return Unexpected<std::string>(added.error());
  return login;
}

void print_password(const NewPassword& password) {
  if (password.shown.empty()) return;
  std::printf("Its password, shown this once: %s\n", password.shown.c_str());
}

void tell_of_new_domain(const AccountOptions& options, const std::string& domain) {
  std::printf("%s is new here; for its DNS records: postern dns %s\n", domain.c_str(),
              domain.c_str());
  if (options.no_reload) return;
  const std::string objection =
      io::objection_of_postfix(options.postfix_config, options.directory + "/domains", domain);
  if (!objection.empty()) std::fprintf(stderr, "postern: %s\n", objection.c_str());
}

void tell_of_sessions(const std::string& address) {
  std::printf("IMAP sessions that are open go on; to end them: doveadm kick %s\n", address.c_str());
}

struct ChangedAccount {
  std::string address;
  int status = 0;  ///< For the exit.
};

// Changes the account and prints nothing of it.
template <typename Change>
Expected<ChangedAccount, std::string> change_account(const AccountOptions& options,
                                                     Change&& change) {
  const auto address = address_of(options.address, AddressKind::account);
  if (!address) return Unexpected<std::string>(address.error());
  auto begun = AccountChange::begin(options);
  if (!begun) return Unexpected<std::string>(begun.error());
  const accounts::Outcome done = change((*begun)->accounts(), *address);
  if (!done) return Unexpected<std::string>(done.error());
  const auto status = (*begun)->commit();
  if (!status) return Unexpected<std::string>(status.error());
  return ChangedAccount{*address, *status};
}

int set_disabled(const AccountOptions& options, bool disabled) {
  const auto changed =
      change_account(options, [&](accounts::Accounts& accounts, const std::string& address) {
        return accounts::disable_user(accounts, address, disabled);
      });
  if (!changed) return fail(changed.error());
  std::printf("%s: %s\n", changed->address.c_str(),
              disabled ? "can log in no more; mail still arrives" : "can log in again");
  if (disabled) tell_of_sessions(changed->address);
  return changed->status;
}

void tell_of_aliases(const accounts::RemovedUser& removed) {
  if (!removed.removed_aliases.empty()) {
    std::printf("Aliases removed with it: %s\n", join_names(removed.removed_aliases).c_str());
  }
  if (!removed.changed_aliases.empty()) {
    std::printf("Aliases that lead to others only, now: %s\n",
                join_names(removed.changed_aliases).c_str());
  }
}

int tell_of_mail(const AccountOptions& options, const std::string& address) {
  const std::string folder = io::mail_folder(options.mail_root, address);
  if (!options.delete_mail) {
    std::printf("Its mail stays, if there is any, in %s\n", folder.c_str());
    return 0;
  }
  const auto deleted = io::delete_mail_folder(options.mail_root, address);
  if (!deleted) return fail("the account is removed, but not its mail: " + deleted.error());
  std::printf(*deleted ? "Its mail is deleted: %s\n" : "It had no mail in %s\n", folder.c_str());
  return 0;
}

}  // namespace

int user_add(const AccountOptions& options) {
  auto login = planned_login(options);
  if (!login) return fail(login.error());
  const auto password = get_password(options, login->name);
  if (!password) return fail(password.error());
  login->password = password->hash;
  auto change = AccountChange::begin(options);
  if (!change) return fail(change.error());
  const std::string domain(accounts::domain_of(login->name));
  const bool is_new_domain = !has_domain((*change)->accounts(), domain);
  const auto aliases = add_user((*change)->accounts(), *login);
  if (!aliases) return fail(aliases.error());
  const auto status = (*change)->commit();
  if (!status) return fail(status.error());
  std::printf("%s: the account is made; quota: %s\n", login->name.c_str(),
              accounts::describe_quota(quota_of(*login)).c_str());
  print_password(*password);
  if (!aliases->empty()) {
    std::printf("It also gets the mail to %s, as the first account of %s\n",
                join_names(*aliases).c_str(), domain.c_str());
  }
  if (is_new_domain) tell_of_new_domain(options, domain);
  return *status;
}

int user_passwd(const AccountOptions& options) {
  const auto address = address_of(options.address, AddressKind::account);
  if (!address) return fail(address.error());
  auto present = io::AccountDirectory(options.directory).load();
  if (!present) return fail(present.error());
  const auto user = find_user(*present, *address);
  if (!user) return fail(user.error());
  const auto password = get_password(options, *address);
  if (!password) return fail(password.error());
  const auto changed = change_account(
      options, [&](accounts::Accounts& accounts, const std::string& name) -> accounts::Outcome {
        const auto found = find_user(accounts, name);
        if (!found) return Unexpected<std::string>(found.error());
        const bool was_disabled = is_disabled(**found);
        (*found)->password = password->hash;
        (void)accounts::set_disabled(**found, was_disabled);  // ours can always be disabled
        return {};
      });
  if (!changed) return fail(changed.error());
  std::printf("%s: has a new password; app passwords stay as they were\n",
              changed->address.c_str());
  print_password(*password);
  tell_of_sessions(changed->address);
  return changed->status;
}

int user_quota(const AccountOptions& options) {
  const auto quota = accounts::read_quota(options.quota);
  if (!quota) return fail("SIZE " + quota.error());
  const auto changed = change_account(
      options, [&](accounts::Accounts& accounts, const std::string& address) -> accounts::Outcome {
        const auto user = find_user(accounts, address);
        if (!user) return Unexpected<std::string>(user.error());
        set_quota(**user, *quota);
        return {};
      });
  if (!changed) return fail(changed.error());
  std::printf("%s: quota: %s\n", changed->address.c_str(),
              accounts::describe_quota(*quota).c_str());
  return changed->status;
}

int user_disable(const AccountOptions& options) {
  return set_disabled(options, true);
}

int user_enable(const AccountOptions& options) {
  return set_disabled(options, false);
}

int user_remove(const AccountOptions& options) {
  accounts::RemovedUser removed;
  bool is_domain_left = true;
  const auto changed = change_account(
      options, [&](accounts::Accounts& accounts, const std::string& address) -> accounts::Outcome {
        auto done = accounts::remove_user(accounts, address, options.force);
        if (!done) return Unexpected<std::string>(done.error());
        removed = std::move(*done);
        is_domain_left = has_domain(accounts, accounts::domain_of(address));
        return {};
      });
  if (!changed) return fail(changed.error());
  std::printf("%s: the account is removed\n", changed->address.c_str());
  tell_of_aliases(removed);
  if (!is_domain_left) {
    std::printf("Nobody is left in %s, so its mail is refused\n",
                std::string(accounts::domain_of(changed->address)).c_str());
  }
  tell_of_sessions(changed->address);
  const int status = tell_of_mail(options, changed->address);
  return status != 0 ? status : changed->status;
}

int user_refresh(const AccountOptions& options) {
  auto change = AccountChange::begin(options);
  if (!change) return fail(change.error());
  const auto status = (*change)->commit();
  if (!status) return fail(status.error());
  if (*status != 0) return *status;
  std::printf("The tables of Postfix are those of %s/users and aliases\n",
              options.directory.c_str());
  return 0;
}

}  // namespace postern::cli
