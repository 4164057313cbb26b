// "postern user list": the accounts, for people and for programs.
#include <algorithm>
#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

#include "cli/user_options.hpp"
#include "lib/accounts/quota_size.hpp"
#include "lib/report/json.hpp"
#include "lib/report/log_line.hpp"

namespace postern::cli {
namespace {

using accounts::Accounts;
using accounts::Login;

// One pass over each file, since there may be thousands of accounts.
struct Overview {
  std::map<std::string_view, const Login*> users;
  std::map<std::string, std::size_t, std::less<>> app_passwords;
  std::map<std::string, std::vector<std::string>, std::less<>> aliases;

  explicit Overview(const Accounts& accounts) {
    for (const Login& user : accounts.users.logins) users.emplace(user.name, &user);
    for (const Login& login : accounts.app_passwords.logins) {
      ++app_passwords[login.name.substr(0, login.name.rfind('/'))];
    }
    for (const accounts::AliasEntry& entry : accounts.aliases.entries) {
      for (const std::string& target : entry.targets) {
        aliases[accounts::without_detail(target)].push_back(entry.address);
      }
    }
  }
  [[nodiscard]] std::size_t app_passwords_of(std::string_view address) const {
    const auto found = app_passwords.find(address);
    return found == app_passwords.end() ? 0 : found->second;
  }
  [[nodiscard]] std::vector<std::string> aliases_of(std::string_view address) const {
    const auto found = aliases.find(address);
    return found == aliases.end() ? std::vector<std::string>() : found->second;
  }
};

void print_users(const Overview& overview) {
  for (const auto& [address, user] : overview.users) {
    std::string line = std::string(address) +
                       ": quota: " + report::escape(accounts::describe_quota(quota_of(*user)));
    const std::size_t count = overview.app_passwords_of(address);
    if (count > 0) line += ", app passwords: " + std::to_string(count);
    const auto aliases = overview.aliases_of(address);
    if (!aliases.empty()) line += ", aliases: " + join_names(aliases);
    if (is_disabled(*user)) line += ", disabled";
    std::printf("%s\n", line.c_str());
  }
  if (overview.users.empty()) {
    std::printf("There is no account yet; make one with: postern user add ADDRESS\n");
  }
}

void print_json(const Overview& overview) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& [address, user] : overview.users) {
    const std::string_view quota = quota_of(*user);
    list.push_back({{"address", address},
                    {"quota", quota.empty()  ? "default"
                              : quota == "0" ? "none"
                                             : quota},
                    {"disabled", is_disabled(*user)},
                    {"app_passwords", overview.app_passwords_of(address)},
                    {"aliases", overview.aliases_of(address)}});
  }
  const nlohmann::ordered_json document = {{"users", std::move(list)}};
  std::printf("%s\n", report::dump(document).c_str());
}

}  // namespace

int user_list(const AccountOptions& options) {
  const auto accounts = io::AccountDirectory(options.directory).load();
  if (!accounts) return fail(accounts.error());
  const Overview overview(*accounts);
  options.json ? print_json(overview) : print_users(overview);
  return 0;
}

}  // namespace postern::cli
