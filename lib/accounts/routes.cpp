#include "lib/accounts/routes.hpp"

#include <algorithm>

#include "lib/accounts/address.hpp"

namespace postern::accounts {
namespace {

std::string describe_loop(const std::vector<const AliasEntry*>& path, const AliasEntry& again) {
  std::string text = "is a loop: ";
  for (auto at = std::find(path.begin(), path.end(), &again); at != path.end(); ++at) {
    text += (*at)->address + " -> ";
  }
  return text + again.address + "; take one of them out";
}

}  // namespace

Routes::Routes(const Accounts& accounts) {
  for (const Login& user : accounts.users.logins) {
    users_.insert(user.name);
    domains_.insert(domain_of(user.name));
  }
  for (const AliasEntry& entry : accounts.aliases.entries) {
    entries_.emplace(entry.address, &entry);
    domains_.insert(domain_of(entry.address));
  }
}

Reach Routes::follow(const AliasEntry& entry) const {
  Walk walk;
  step(entry, users_.count(entry.address) > 0, walk);
  return std::move(walk.reach);
}

const AliasEntry* Routes::entry_of(const std::string& address) const {
  const auto found = entries_.find(address);
  return found == entries_.end() ? nullptr : found->second;
}

void Routes::step(const AliasEntry& entry, bool beyond_user, Walk& walk) const {
  if (std::find(walk.path.begin(), walk.path.end(), &entry) != walk.path.end()) {
    walk.reach.problem = describe_loop(walk.path, entry);
    return;
  }
  walk.path.push_back(&entry);
  for (const std::string& target : entry.targets) {
    if (!walk.reach.problem.empty()) break;
    take(entry, target, beyond_user, walk);
  }
  walk.path.pop_back();
}

void Routes::take(const AliasEntry& from, const std::string& target, bool beyond_user,
                  Walk& walk) const {
  if (++walk.count > max_expansion) {
    walk.reach.problem = "leads to more than 1,000 addresses, which Postfix does not deliver to";
    return;
  }
  const std::string address = without_detail(target);
  const bool is_user = users_.count(address) > 0;
  if (is_user && !beyond_user) walk.reach.owners.insert(address);
  if (is_user && address == from.address) return;  // a copy for the account itself
  if (const AliasEntry* next = entry_of(address); next != nullptr) {
    return step(*next, beyond_user || is_user, walk);
  }
  const std::string_view domain = domain_of(address);
  if (is_user || domains_.count(domain) == 0) return;
  if (const AliasEntry* next = entry_of("@" + std::string(domain)); next != nullptr) {
    return step(*next, beyond_user, walk);
  }
  walk.reach.problem = "leads to " + target + ", where nobody is; make the account first";
}

Outcome check_routes(const Accounts& before, const Accounts& after) {
  const Routes old_routes(before);
  const Routes routes(after);
  for (const AliasEntry& entry : after.aliases.entries) {
    const Reach reach = routes.follow(entry);
    if (reach.problem.empty()) continue;
    const AliasEntry* was = before.aliases.find(entry.address);
    if (was != nullptr && !old_routes.follow(*was).problem.empty()) continue;
    return Unexpected<std::string>(entry.address + ": " + reach.problem);
  }
  return {};
}

}  // namespace postern::accounts
