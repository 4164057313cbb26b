// Any files: what is accepted is written as it means, and every change of it can be read again.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/accounts/accounts.hpp"
#include "lib/accounts/address.hpp"
#include "lib/accounts/quota_size.hpp"
#include "lib/accounts/routes.hpp"
#include "lib/accounts/tables.hpp"

namespace {

using namespace postern;
using fuzz::require;

constexpr std::string_view words[] = {"a@e.org",
                                      "b@e.org",
                                      "x@f.org",
                                      "@e.org",
                                      ":",
                                      "\n",
                                      " ",
                                      ", ",
                                      "/3f",
                                      "{CRYPT}$y$x$y",
                                      "#",
                                      "+d@e.org",
                                      "a",
                                      "@",
                                      ".",
                                      "\t",
                                      "\n\n",
                                      "userdb_quota_rule=*:storage=2G",
                                      "\r",
                                      "!",
                                      "\xff",
                                      "x@f.org a@e.org\n",
                                      "a@e.org:{CRYPT}$y$x$y::::::\n"};

void check_change(accounts::PasswdFile file) {
  if (file.logins.empty()) return;
  accounts::Login& login = file.logins.front();
  const std::string before = login.password;
  accounts::set_quota(login, "2G");
  require(accounts::quota_of(login) == "2G");
  const bool was_disabled = is_disabled(login);
  if (accounts::set_disabled(login, true)) {
    require(is_disabled(login));
    require(accounts::set_disabled(login, was_disabled) && login.password == before);
  }
  require(accounts::parse_passwd_file(format(file), accounts::is_user_name).value() == file);
  file.remove(file.logins.front());
  require(accounts::parse_passwd_file(format(file), accounts::is_user_name).value() == file);
}

void check(std::string_view text) {
  accounts::Accounts all;
  if (auto file = accounts::parse_passwd_file(text, accounts::is_user_name)) {
    require(accounts::parse_passwd_file(format(*file), accounts::is_user_name).value() == *file);
    check_change(*file);
    all.users = std::move(*file);
  }
  if (auto file = accounts::parse_alias_file(text)) {
    require(accounts::parse_alias_file(format(*file)).value() == *file);
    all.aliases = std::move(*file);
  }
  for (const accounts::AliasEntry& entry : all.aliases.entries) {
    for (const std::string& owner : accounts::Routes(all).follow(entry).owners) {
      require(all.users.find(owner) != nullptr);
    }
  }
  for (const accounts::Table& table : make_tables(all)) require(table.text.ends_with('\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size).substr(0, 4096);
  check(input);
  check(fuzz::in_letters(input, "ab@@e.org\n\n:, #/+"));
  check(fuzz::in_words(input, words));
  return 0;
}
