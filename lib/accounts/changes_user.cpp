#include <algorithm>
#include <unordered_set>

#include "lib/accounts/accounts.hpp"
#include "lib/accounts/address.hpp"
#include "lib/accounts/routes.hpp"

namespace postern::accounts {
namespace {

Unexpected<std::string> refuse(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

using Gone = std::unordered_set<std::string>;

bool is_gone(const Gone& gone, const std::string& target) {
  return gone.count(without_detail(target)) > 0;
}

// Aliases that lead nowhere when this address is gone, and those that lead only to such.
std::vector<std::string> left_without_target(const Accounts& accounts, Gone& gone) {
  std::vector<std::string> found;
  for (bool more = true; more;) {
    more = false;
    for (const AliasEntry& entry : accounts.aliases.entries) {
      const bool is_found = std::find(found.begin(), found.end(), entry.address) != found.end();
      if (is_found || !std::all_of(entry.targets.begin(), entry.targets.end(),
                                   [&](const auto& target) { return is_gone(gone, target); })) {
        continue;
      }
      gone.insert(entry.address);
      found.push_back(entry.address);
      more = true;
    }
  }
  return found;
}

void forget_aliases(Accounts& accounts, const Gone& gone, RemovedUser& removed) {
  for (const std::string& address : removed.removed_aliases) accounts.aliases.remove(address);
  for (AliasEntry& entry : accounts.aliases.entries) {
    const auto end = std::remove_if(entry.targets.begin(), entry.targets.end(),
                                    [&](const auto& target) { return is_gone(gone, target); });
    if (end == entry.targets.end()) continue;
    entry.targets.erase(end, entry.targets.end());
    removed.changed_aliases.push_back(entry.address);
  }
}

void forget_app_passwords(Accounts& accounts, std::string_view address) {
  while (true) {
    const auto present = app_passwords_of(accounts, address);
    if (present.empty()) return;
    accounts.app_passwords.remove(*present.front());
  }
}

std::vector<std::string> add_role_aliases(Accounts& accounts, const std::string& address) {
  std::vector<std::string> made;
  for (const char* role : {"postmaster@", "abuse@"}) {
    const std::string alias = role + std::string(domain_of(address));
    if (alias == address || accounts.aliases.find(alias) != nullptr) continue;
    accounts.aliases.entries.push_back({"", alias, {address}});
    made.push_back(alias);
  }
  return made;
}

}  // namespace

Expected<Login*, std::string> find_user(Accounts& accounts, std::string_view address) {
  Login* user = accounts.users.find(address);
  if (user != nullptr) return user;
  return refuse(std::string(address) + ": there is no such account; see: postern user list");
}

Expected<std::vector<std::string>, std::string> add_user(Accounts& accounts, const Login& login) {
  const auto& users = accounts.users.logins;
  if (accounts.users.find(login.name) != nullptr) {
    return refuse(login.name +
                  ": the account exists already; for another password: postern user "
                  "passwd " +
                  login.name);
  }
  if (accounts.aliases.find(login.name) != nullptr) {
    return refuse(login.name + ": is an alias; remove it first: postern alias remove " +
                  login.name);
  }
  if (users.size() >= max_users) return refuse("there are 10,000 accounts; there can be no more");
  const bool is_first = std::none_of(users.begin(), users.end(), [&](const Login& user) {
    return domain_of(user.name) == domain_of(login.name);
  });
  accounts.users.logins.push_back(login);
  return is_first ? add_role_aliases(accounts, login.name) : std::vector<std::string>();
}

Expected<RemovedUser, std::string> remove_user(Accounts& accounts, std::string_view address,
                                               bool force) {
  const auto user = find_user(accounts, address);
  if (!user) return Unexpected<std::string>(user.error());
  Gone gone = {std::string(address)};
  RemovedUser removed;
  removed.removed_aliases = left_without_target(accounts, gone);
  if (!removed.removed_aliases.empty() && !force) {
    return refuse(std::string(address) + ": mail to " + join(removed.removed_aliases) +
                  " goes to this account alone; give it to another one (postern alias add " +
                  removed.removed_aliases.front() + " ADDRESS), or remove it, too, with --force");
  }
  Accounts changed = accounts;
  forget_aliases(changed, gone, removed);
  forget_app_passwords(changed, address);
  changed.users.remove(*changed.users.find(address));
  const Outcome routes = check_routes(accounts, changed);
  if (!routes) return refuse(routes.error() + "; change that alias first");
  accounts = std::move(changed);
  return removed;
}

Outcome disable_user(Accounts& accounts, std::string_view address, bool disabled) {
  const auto user = find_user(accounts, address);
  if (!user) return refuse(user.error());
  if (is_disabled(**user) == disabled) {
    return refuse(std::string(address) + ": the account is " +
                  (disabled ? "disabled already" : "not disabled"));
  }
  bool done = set_disabled(**user, disabled);
  for (Login& login : accounts.app_passwords.logins) {
    if (login.name.starts_with(std::string(address) + "/")) done &= set_disabled(login, disabled);
  }
  if (done) return {};
  return refuse(std::string(address) +
                ": its password is of a kind that Postern does not write; set a new one first: "
                "postern user passwd " +
                std::string(address));
}

}  // namespace postern::accounts
