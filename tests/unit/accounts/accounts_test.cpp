// What the operator does with accounts, app passwords, and aliases.
#include "lib/accounts/accounts.hpp"

#include "tests/support/catch.hpp"

namespace postern::accounts {
namespace {

using Names = std::vector<std::string>;

Login login(const std::string& address) {
  Login made;
  made.name = address;
  made.password = "{CRYPT}$y$j9T$a$b";
  return made;
}

Accounts with_users(const Names& addresses) {
  Accounts accounts;
  for (const std::string& address : addresses) REQUIRE(add_user(accounts, login(address)));
  return accounts;
}

AppPassword app(const std::string& label, const std::string& bucket) {
  return {"a@e.org", label, bucket, "{CRYPT}$y$j9T$c$d", "2026-11-30"};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("add_user: the first of a domain gets postmaster and abuse", "[accounts]") {
  Accounts accounts;
  CHECK(add_user(accounts, login("a@e.org")).value() == Names{"postmaster@e.org", "abuse@e.org"});
  CHECK(add_user(accounts, login("b@e.org")).value().empty());
  CHECK(add_user(accounts, login("postmaster@f.org")).value() == Names{"abuse@f.org"});
  CHECK(holds(add_user(accounts, login("a@e.org")).error(), "exists already"));
  CHECK(holds(add_user(accounts, login("abuse@e.org")).error(), "is an alias"));
  CHECK(has_domain(accounts, "f.org"));
  CHECK_FALSE(has_domain(accounts, "g.org"));
}

TEST_CASE("remove_user: aliases that would lead nowhere are named", "[accounts]") {
  Accounts accounts = with_users({"a@e.org", "b@e.org"});
  REQUIRE(add_alias(accounts, "team@e.org", {"a+x@e.org", "b@e.org"}));
  REQUIRE(add_alias(accounts, "chief@e.org", {"postmaster@e.org"}));
  REQUIRE(add_app_password(accounts, app("phone", "3f")));
  const Accounts before = accounts;
  const auto refused = remove_user(accounts, "a@e.org", false);
  REQUIRE_FALSE(refused);
  CHECK(holds(refused.error(), "postmaster@e.org, abuse@e.org, chief@e.org"));
  CHECK(accounts == before);
  const auto removed = remove_user(accounts, "a@e.org", true);
  REQUIRE(removed);
  CHECK(removed->removed_aliases == Names{"postmaster@e.org", "abuse@e.org", "chief@e.org"});
  CHECK(removed->changed_aliases == Names{"team@e.org"});
  CHECK(accounts.app_passwords.logins.empty());
  CHECK(format(accounts.aliases) == "team@e.org  b@e.org\n");
  CHECK(holds(remove_user(accounts, "a@e.org", true).error(), "no such account"));
}

TEST_CASE("remove_user: what a catch-all took for it keeps it", "[accounts]") {
  Accounts accounts = with_users({"a@e.org", "b@e.org"});
  REQUIRE(add_alias(accounts, "@e.org", {"b@e.org"}));
  REQUIRE(add_alias(accounts, "x@f.org", {"ghost@e.org"}));
  const auto removed = remove_user(accounts, "b@e.org", true);
  REQUIRE_FALSE(removed);
  CHECK(holds(removed.error(), "x@f.org: leads to ghost@e.org, where nobody is"));
  CHECK(accounts.users.find("b@e.org") != nullptr);
}

TEST_CASE("App passwords: label and bucket are one each, none without its account", "[accounts]") {
  Accounts accounts = with_users({"a@e.org"});
  REQUIRE(add_app_password(accounts, app("phone", "3f")));
  CHECK_FALSE(is_free_bucket(accounts, "a@e.org", "3f"));
  CHECK(is_free_bucket(accounts, "a@e.org", "40"));
  CHECK(holds(add_app_password(accounts, app("phone", "40")).error(), "already"));
  REQUIRE(add_app_password(accounts, app("pc", "40")));
  CHECK(format(accounts.app_passwords) ==
        "a@e.org/3f:{CRYPT}$y$j9T$c$d:::phone::2026-11-30:\n"
        "a@e.org/40:{CRYPT}$y$j9T$c$d:::pc::2026-11-30:\n");
  CHECK(parse_passwd_file(format(accounts.app_passwords), is_app_password_name).value() ==
        accounts.app_passwords);
  REQUIRE(remove_app_password(accounts, "a@e.org", "phone"));
  CHECK(app_passwords_of(accounts, "a@e.org").size() == 1);
  CHECK(holds(remove_app_password(accounts, "a@e.org", "phone").error(), "no app password"));
  AppPassword stray = app("x", "41");
  stray.address = "b@e.org";
  CHECK(holds(add_app_password(accounts, stray).error(), "no such account"));
  for (const char* label : {"", " a", "a ", "a:b", "a\nb", "ü"}) {
    CHECK_FALSE(objection_to_label(label).empty());
  }
}

TEST_CASE("App passwords: no more than 32", "[accounts]") {
  Accounts accounts = with_users({"a@e.org"});
  for (int i = 0; i < 32; ++i) {
    REQUIRE(add_app_password(accounts, app("l" + std::to_string(i), std::to_string(10 + i))));
  }
  CHECK(holds(add_app_password(accounts, app("more", "ff")).error(), "32"));
}

TEST_CASE("disable_user: neither password logs in, and both come back", "[accounts]") {
  Accounts accounts = with_users({"a@e.org"});
  REQUIRE(add_app_password(accounts, app("phone", "3f")));
  const Accounts before = accounts;
  REQUIRE(disable_user(accounts, "a@e.org", true));
  CHECK(is_disabled(accounts.users.logins.front()));
  CHECK(is_disabled(accounts.app_passwords.logins.front()));
  CHECK_FALSE(disable_user(accounts, "a@e.org", true));
  CHECK(holds(add_app_password(accounts, app("pc", "40")).error(), "disabled"));
  REQUIRE(disable_user(accounts, "a@e.org", false));
  CHECK(accounts == before);
}

TEST_CASE("add_alias: refuses what would lose mail", "[accounts]") {
  Accounts accounts = with_users({"a@e.org", "b@e.org"});
  REQUIRE(add_alias(accounts, "x@e.org", {"a@e.org"}));
  REQUIRE(add_alias(accounts, "y@e.org", {"x@e.org", "out@f.org"}));
  const Accounts before = accounts;
  CHECK(holds(add_alias(accounts, "x@e.org", {"y@e.org"}).error(), "is a loop"));
  CHECK(holds(add_alias(accounts, "x@e.org", {"a@e.org"}).error(), "already"));
  CHECK(holds(add_alias(accounts, "z@e.org", {"ghost@e.org"}).error(), "nobody is"));
  CHECK(holds(add_alias(accounts, "a@e.org", {"b@e.org"}).error(), "is an account"));
  CHECK(holds(add_alias(accounts, "z@e.org", Names(101, "a@e.org")).error(), "twice"));
  CHECK(accounts == before);
  REQUIRE(add_alias(accounts, "a@e.org", {"a@e.org", "b@e.org"}));
  CHECK(holds(remove_alias(accounts, "a@e.org", "a@e.org").error(), "is an account"));
  REQUIRE(remove_alias(accounts, "a@e.org", "b@e.org"));
  REQUIRE(remove_alias(accounts, "a@e.org", "a@e.org"));
  CHECK(accounts.aliases.find("a@e.org") == nullptr);
}

TEST_CASE("remove_alias: not while another leads to it", "[accounts]") {
  Accounts accounts = with_users({"a@e.org"});
  REQUIRE(add_alias(accounts, "x@e.org", {"a@e.org"}));
  REQUIRE(add_alias(accounts, "y@e.org", {"x@e.org"}));
  CHECK(holds(remove_alias(accounts, "x@e.org", "").error(), "y@e.org: leads to x@e.org"));
  REQUIRE(remove_alias(accounts, "y@e.org", ""));
  REQUIRE(remove_alias(accounts, "x@e.org", "a@e.org"));
  CHECK(holds(remove_alias(accounts, "x@e.org", "").error(), "no such alias"));
}

}  // namespace
}  // namespace postern::accounts
