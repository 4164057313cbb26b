// Where aliases lead, and the tables that follow from it.
#include "lib/accounts/routes.hpp"

#include "lib/accounts/tables.hpp"
#include "tests/support/catch.hpp"

namespace postern::accounts {
namespace {

Accounts made_of(const std::vector<std::string>& users, const std::string& aliases) {
  Accounts accounts;
  for (const std::string& user : users) {
    Login login;
    login.name = user;
    login.password = "{CRYPT}$y$x$y";
    accounts.users.logins.push_back(login);
  }
  accounts.aliases = parse_alias_file(aliases).value();
  return accounts;
}

Reach follow(const Accounts& accounts, const char* address) {
  return Routes(accounts).follow(*accounts.aliases.find(address));
}

std::string table(const Accounts& accounts, std::size_t index) {
  const std::string text = make_tables(accounts)[index].text;
  return text.substr(text.find('\n') + 1);
}

TEST_CASE("Routes: owners are the accounts behind an alias", "[accounts]") {
  const Accounts accounts =
      made_of({"a@e.org", "b@e.org"},
              "a@e.org a@e.org, b@e.org\nteam@e.org sales@e.org, b+x@e.org\n"
              "sales@e.org a@e.org, out@f.org\n@e.org b@e.org\naway@e.org out@f.org\n");
  CHECK(follow(accounts, "team@e.org").owners == std::set<std::string>{"a@e.org", "b@e.org"});
  CHECK(follow(accounts, "sales@e.org").owners == std::set<std::string>{"a@e.org"});
  CHECK(follow(accounts, "away@e.org").owners.empty());
  for (const AliasEntry& entry : accounts.aliases.entries) {
    CHECK(Routes(accounts).follow(entry).problem.empty());
  }
  CHECK(table(accounts, 0) == "e.org  postern\n");
  CHECK(table(accounts, 1) == "a@e.org  a@e.org\nb@e.org  b@e.org\n");
  CHECK(table(accounts, 2) ==
        "@e.org  b@e.org\na@e.org  a@e.org\nb@e.org  b@e.org\nsales@e.org  a@e.org\n"
        "team@e.org  a@e.org, b@e.org\n");
}

TEST_CASE("Routes: loops and dead ends", "[accounts]") {
  const Accounts loop = made_of({"a@e.org"}, "x@e.org y@e.org\ny@e.org a@e.org, x@e.org\n");
  CHECK(follow(loop, "x@e.org").problem ==
        "is a loop: x@e.org -> y@e.org -> x@e.org; take one of them out");
  const Accounts own = made_of({}, "x@e.org x@e.org\n");
  CHECK(follow(own, "x@e.org").problem.starts_with("is a loop"));
  const Accounts caught = made_of({}, "@e.org nobody@e.org\n");
  CHECK(follow(caught, "@e.org").problem.starts_with("is a loop"));
  const Accounts dead = made_of({"a@e.org"}, "x@e.org nobody@e.org\n");
  CHECK(follow(dead, "x@e.org").problem ==
        "leads to nobody@e.org, where nobody is; make the account first");
}

TEST_CASE("Routes: an expansion ends where that of Postfix does", "[accounts]") {
  std::string aliases;
  for (int level = 0; level < 3; ++level) {
    for (int i = 0; i < 20; ++i) {
      aliases += "l" + std::to_string(level) + "n" + std::to_string(i) + "@e.org";
      for (int j = 0; j < 20; ++j) {
        aliases += level == 2
                       ? " a" + std::to_string(j) + "@f.org"
                       : " l" + std::to_string(level + 1) + "n" + std::to_string(j) + "@e.org";
      }
      aliases += "\n";
    }
  }
  const Accounts accounts = made_of({}, aliases);
  CHECK(follow(accounts, "l2n0@e.org").problem.empty());
  CHECK(follow(accounts, "l1n0@e.org").problem.empty());
  CHECK(follow(accounts, "l0n0@e.org").problem.starts_with("leads to more than 1,000"));
}

}  // namespace
}  // namespace postern::accounts
