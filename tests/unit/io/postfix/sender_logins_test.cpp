// Owners of addresses through Postfix's own tables.
#include "lib/io/postfix/sender_logins.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/unit/io/postfix/postfix_folder.hpp"

namespace postern::io {
namespace {

using Logins = std::vector<std::string>;

SenderLoginSettings settings_of(const PostfixFolder& folder) {
  SenderLoginSettings settings;
  settings.config_directory = folder.path();
  return settings;
}

submission::Owners find(SenderLogins& logins, const std::string& address) {
  return logins.find(address, SenderLogins::Clock::now() + std::chrono::seconds(20));
}

bool contains(const Logins& logins, const std::string& login) {
  return std::find(logins.begin(), logins.end(), login) != logins.end();
}

TEST_CASE("lookup_keys: the order of Postfix", "[io]") {
  const PostfixNames names{{}, {"example.org"}, "+-"};
  CHECK(lookup_keys("a+b@example.org", names) ==
        Logins{"a+b@example.org", "a@example.org", "a+b", "a", "@example.org"});
  CHECK(lookup_keys("a+b@example.net", names) ==
        Logins{"a+b@example.net", "a@example.net", "@example.net"});
  CHECK(lookup_keys("+b@example.net", names) == Logins{"+b@example.net", "@example.net"});
  CHECK(lookup_keys("plain", names) == Logins{"plain"});
  CHECK(lookup_keys("-@example.org", names) == Logins{"-@example.org", "@example.org"});
  CHECK(lookup_keys("@example.org", names) == Logins{"@example.org"});
}

TEST_CASE("SenderLogins: tables of main.cf, of any type", "[io]") {
  if (!has_postmap()) return;
  PostfixFolder folder(
      "mydestination = $myhostname, local.example\nrecipient_delimiter = +\n"
      "smtpd_sender_login_maps = inline:{sales@example.org=alice, {team@example.org = alice bob}},"
      " regexp:${config_directory}/logins.regexp\n");
  folder.write("logins.regexp", "/^list-.*@example\\.org$/ carol, dave\n");
  SenderLogins logins(settings_of(folder));
  CHECK(contains(find(logins, "sales@example.org").logins, "alice"));
  CHECK(contains(find(logins, "team@example.org").logins, "bob"));
  CHECK(contains(find(logins, "sales+x@example.org").logins, "alice"));
  CHECK(contains(find(logins, "list-a@example.org").logins, "dave"));
  CHECK(find(logins, "nobody@example.net").logins == Logins{"nobody@example.net"});
  CHECK(find(logins, "eve+tag@local.example").logins ==
        Logins{"eve+tag@local.example", "eve@local.example", "eve+tag", "eve"});
  CHECK(logins.take_problem().empty());
}

TEST_CASE("SenderLogins: an address that the tables give to somebody is nobody else's", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder(
      "mydestination = example.org\nrecipient_delimiter = -\n"
      "smtpd_sender_login_maps = inline:{{bob-smith@example.org = bobsmith}"
      " {admin@example.org = root}}\n");
  SenderLogins logins(settings_of(folder));
  CHECK(find(logins, "bob-smith@example.org").logins == Logins{"bobsmith"});
  CHECK(find(logins, "admin@example.org").logins == Logins{"root"});
}

TEST_CASE("SenderLogins: a table that fails ends the search", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder(
      "smtpd_sender_login_maps = hash:/nowhere/x, inline:{@example.org=alice}\n");
  SenderLogins logins(settings_of(folder));
  const auto owners = find(logins, "ceo@example.org");
  CHECK_FALSE(owners.is_known);
  CHECK(owners.logins.empty());
}

TEST_CASE("SenderLogins: a warning is no failure", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("smtpd_sender_login_maps = texthash:${config_directory}/logins\n");
  folder.write("logins", "line-without-value\na@example.org alice\n");
  SenderLogins logins(settings_of(folder));
  CHECK(find(logins, "nobody@example.org").is_known);
  CHECK(contains(find(logins, "a@example.org").logins, "alice"));
}

TEST_CASE("SenderLogins: without time nothing is known", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  SenderLogins logins(settings_of(folder));
  CHECK_FALSE(logins.find("a@example.org", SenderLogins::Clock::now()).is_known);
}

TEST_CASE("SenderLogins: tables of our own setting go before those of main.cf", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("smtpd_sender_login_maps = inline:{a@example.org=wrong}\n");
  SenderLoginSettings settings = settings_of(folder);
  settings.maps = {"inline:{a@example.org=right}"};
  SenderLogins logins(settings);
  CHECK(contains(find(logins, "a@example.org").logins, "right"));
  CHECK_FALSE(contains(find(logins, "a@example.org").logins, "wrong"));
}

TEST_CASE("SenderLogins: a table that cannot be read is said, and not taken for an empty one",
          "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("smtpd_sender_login_maps = hash:/nowhere/logins\n");
  SenderLogins logins(settings_of(folder));
  CHECK_FALSE(find(logins, "a@example.org").is_known);
  const std::string problem = logins.take_problem();
  INFO(problem);
  CHECK(problem.find("/nowhere/logins") != std::string::npos);
  CHECK(logins.take_problem().empty());
}

TEST_CASE("SenderLogins: without main.cf nothing is known", "[io]") {
  if (!has_postmap()) return;
  SenderLoginSettings settings;
  settings.config_directory = "/nowhere";
  SenderLogins logins(settings);
  CHECK_FALSE(find(logins, "a@example.org").is_known);
  CHECK_FALSE(logins.take_problem().empty());
}

TEST_CASE("SenderLogins: answers are kept, and no more than told", "[io]") {
  if (!has_postmap()) return;
  const PostfixFolder folder("");
  SenderLoginSettings settings = settings_of(folder);
  settings.maps = {"texthash:" + folder.path("logins")};
  settings.cached_addresses = 1;
  folder.write("logins", "a@example.org first\n");
  SenderLogins logins(settings);
  CHECK(contains(find(logins, "a@example.org").logins, "first"));
  folder.write("logins", "a@example.org second\n");
  CHECK(contains(find(logins, "a@example.org").logins, "first"));
  (void)find(logins, "b@example.org");
  CHECK(contains(find(logins, "a@example.org").logins, "second"));
}

}  // namespace
}  // namespace postern::io
