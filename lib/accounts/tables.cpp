#include "lib/accounts/tables.hpp"

#include <map>
#include <set>

#include "lib/accounts/address.hpp"
#include "lib/accounts/routes.hpp"

namespace postern::accounts {
namespace {

constexpr const char* head =
    "# Written by postern from the files users and aliases: what is changed here is lost.\n";

using Entries = std::map<std::string, std::string>;

std::string format_entries(const Entries& entries) {
  std::string text = head;
  for (const auto& [key, value] : entries) text.append(key).append("  ").append(value).append("\n");
  return text;
}

std::string join(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Entries domains(const Accounts& accounts) {
  Entries entries;
  const auto add = [&](const std::string& address) {
    entries.emplace(domain_of(address), "postern");
  };
  for (const Login& user : accounts.users.logins) add(user.name);
  for (const AliasEntry& entry : accounts.aliases.entries) add(entry.address);
  return entries;
}

Entries mailboxes(const Accounts& accounts) {
  Entries entries;
  for (const Login& user : accounts.users.logins) entries.emplace(user.name, user.name);
  return entries;
}

// Nobody owns an alias that leads only to others' hosts; then nobody may send by it.
Entries senders(const Accounts& accounts) {
  Entries entries = mailboxes(accounts);
  const Routes routes(accounts);
  for (const AliasEntry& entry : accounts.aliases.entries) {
    const Reach reach = routes.follow(entry);
    if (!reach.owners.empty()) entries.emplace(entry.address, join(reach.owners));
  }
  return entries;
}

}  // namespace

std::vector<Table> make_tables(const Accounts& accounts) {
  return {{"domains", format_entries(domains(accounts))},
          {"mailboxes", format_entries(mailboxes(accounts))},
          {"senders", format_entries(senders(accounts))}};
}

}  // namespace postern::accounts
