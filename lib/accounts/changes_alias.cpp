#include <algorithm>

#include "lib/accounts/accounts.hpp"
#include "lib/accounts/address.hpp"
#include "lib/accounts/routes.hpp"

namespace postern::accounts {
namespace {

Unexpected<std::string> refuse(const std::string& address, const std::string& problem) {
  return Unexpected<std::string>(address + ": " + problem);
}

// Adds the targets; those it has already are an error, so that nobody mistypes one unseen.
Outcome add_targets(AliasEntry& entry, const std::vector<std::string>& targets) {
  for (const std::string& target : targets) {
    if (std::find(entry.targets.begin(), entry.targets.end(), target) != entry.targets.end()) {
      return refuse(entry.address, "leads to " + target + " already, or it is given twice");
    }
    entry.targets.push_back(target);
  }
  if (entry.targets.size() <= max_targets) return {};
  return refuse(entry.address, "would have more than 100 targets; divide them over aliases");
}

bool keeps_own_mail(const Accounts& accounts, const AliasEntry& entry) {
  if (accounts.users.find(entry.address) == nullptr) return true;
  return std::find(entry.targets.begin(), entry.targets.end(), entry.address) !=
         entry.targets.end();
}

}  // namespace

bool has_domain(const Accounts& accounts, std::string_view domain) {
  const auto is_of = [&](const std::string& address) { return domain_of(address) == domain; };
  const auto& users = accounts.users.logins;
  const auto& aliases = accounts.aliases.entries;
  return std::any_of(users.begin(), users.end(), [&](const auto& u) { return is_of(u.name); }) ||
         std::any_of(aliases.begin(), aliases.end(),
                     [&](const auto& a) { return is_of(a.address); });
}

Outcome add_alias(Accounts& accounts, const std::string& address,
                  const std::vector<std::string>& targets) {
  Accounts changed = accounts;
  AliasEntry* entry = changed.aliases.find(address);
  if (entry == nullptr) {
    if (changed.aliases.entries.size() >= max_aliases) {
      return Unexpected<std::string>("there are 20,000 aliases; there can be no more");
    }
    entry = &changed.aliases.entries.emplace_back();
    entry->address = address;
  }
  Outcome added = add_targets(*entry, targets);
  if (!added) return added;
  if (!keeps_own_mail(changed, *entry)) {
    return refuse(address,
                  "is an account, whose mail would not reach it any more; name the account "
                  "as a target, too");
  }
  const Reach reach = Routes(changed).follow(*entry);
  if (!reach.problem.empty()) return refuse(address, reach.problem);
  Outcome others = check_routes(accounts, changed);
  if (!others) return others;
  accounts = std::move(changed);
  return {};
}

Outcome remove_alias(Accounts& accounts, const std::string& address, const std::string& target) {
  Accounts changed = accounts;
  AliasEntry* entry = changed.aliases.find(address);
  if (entry == nullptr) return refuse(address, "there is no such alias; see: postern alias list");
  if (!target.empty()) {
    const auto found = std::find(entry->targets.begin(), entry->targets.end(), target);
    if (found == entry->targets.end()) return refuse(address, "does not lead to " + target);
    entry->targets.erase(found);
    if (!entry->targets.empty() && !keeps_own_mail(changed, *entry)) {
      return refuse(address,
                    "is an account, whose mail would not reach it any more; remove the "
                    "other targets instead");
    }
  }
  if (target.empty() || entry->targets.empty()) changed.aliases.remove(address);
  const Outcome others = check_routes(accounts, changed);
  if (!others) return Unexpected<std::string>(others.error() + "; change that alias first");
  accounts = std::move(changed);
  return {};
}

}  // namespace postern::accounts
