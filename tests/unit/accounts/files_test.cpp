// The files: what is read is written again, and what others would read otherwise is refused.
#include "lib/accounts/accounts.hpp"
#include "lib/accounts/quota_size.hpp"
#include "tests/support/catch.hpp"

namespace postern::accounts {
namespace {

constexpr const char* hash = "{CRYPT}$y$j9T$abc/.$def";

Expected<PasswdFile, FileProblem> users(std::string_view text) {
  return parse_passwd_file(text, is_user_name);
}

TEST_CASE("parse_passwd_file: keeps what it does not use", "[accounts]") {
  const std::string text =
      "# by hand\n\nalice@example.org:{CRYPT}$y$a$b::::::allow_nets=10.0.0.0/8 "
      "userdb_quota_rule=*:storage=2G\nbob@example.org:{SHA512-CRYPT}$6$x:5:6:Bob:/home:/bin/sh:\n"
      "# end\n";
  const auto file = users(text);
  REQUIRE(file);
  CHECK(file->logins.size() == 2);
  CHECK(file->logins[0].before == "# by hand\n\n");
  CHECK(extra_field(file->logins[0], "userdb_quota_rule") == "*:storage=2G");
  CHECK(file->after == "# end\n");
  CHECK(format(*file) == text);
  CHECK(users(format(*file)).value() == *file);
  CHECK(format(*users("a@example.org:x\n")) == "a@example.org:x::::::\n");
}

TEST_CASE("parse_passwd_file: hostile lines are refused by their number", "[accounts]") {
  const std::string good = std::string("a@example.org:") + hash + "::::::\n";
  for (const std::string& line : std::vector<std::string>{
           "a@example.org:x\n", "A@example.org:x\n", "a@example.org\n", "b@example.org:\n",
           " # c\n", " b@example.org:x\n", ":x\n", "b@example.org:x\r\n", "b@example.org:x",
           "../b@example.org:x\n", "b@example.org/aa:x\n", "b:x\n",
           std::string("b\0@e.org:x\n", 11), "b@example.org:" + std::string(40'000, 'x') + "\n",
           "b@example.org:x\x1b[2J\n"}) {
    CAPTURE(line);
    const auto file = users(good + line);
    REQUIRE_FALSE(file);
    CHECK(file.error().line == 2);
    CHECK_FALSE(file.error().problem.empty());
  }
}

TEST_CASE("App passwords: an address, a slash, and an octet", "[accounts]") {
  CHECK(is_app_password_name("a@example.org/3f"));
  for (const char* name : {"a@example.org", "a@example.org/", "a@example.org/3F", "a@example.org/3",
                           "a@example.org/3f0", "a/b@example.org/3f", "@example.org/3f"}) {
    CHECK_FALSE(is_app_password_name(name));
  }
}

TEST_CASE("set_extra_field: sets, replaces, removes one of several", "[accounts]") {
  Login login;
  set_extra_field(login, "b", "2");
  set_extra_field(login, "a", "1");
  CHECK(login.extra == "b=2 a=1");
  set_extra_field(login, "b", "3");
  CHECK(login.extra == "a=1 b=3");
  set_extra_field(login, "a", "");
  CHECK(login.extra == "b=3");
  set_extra_field(login, "b", "");
  CHECK(login.extra.empty());
  login.extra = "bb=1 b=2  c";
  CHECK(extra_field(login, "b") == "2");
  set_extra_field(login, "b", "");
  CHECK(login.extra == "bb=1  c");
}

TEST_CASE("set_disabled: crypt knows no such hash, and the hash comes back", "[accounts]") {
  Login login;
  login.password = hash;
  REQUIRE(set_disabled(login, true));
  CHECK(login.password == "{CRYPT}$y$!j9T$abc/.$def");
  CHECK(is_disabled(login));
  REQUIRE(set_disabled(login, true));
  CHECK(login.password == "{CRYPT}$y$!j9T$abc/.$def");
  REQUIRE(set_disabled(login, false));
  CHECK(login.password == hash);
  login.password = "{PLAIN}x";
  CHECK_FALSE(set_disabled(login, true));
  CHECK_FALSE(is_disabled(login));
}

TEST_CASE("Quotas: sizes of 1,024, for both versions of Dovecot", "[accounts]") {
  CHECK(read_quota("2G").value() == "2G");
  CHECK(read_quota("2048m").value() == "2G");
  CHECK(read_quota("1500M").value() == "1500M");
  CHECK(read_quota("1024K").value() == "1M");
  CHECK(read_quota("None").value() == "0");
  CHECK(read_quota("default").value().empty());
  for (const char* text : {"", "2", "G", "-1G", "2GB", "0G", "1K", "1025T", "2 G", "1.5G",
                           "99999999999999999999G", "999999999999999T", "*:x=1G"}) {
    CAPTURE(text);
    CHECK_FALSE(read_quota(text));
  }
  Login login;
  login.extra = "allow_nets=10.0.0.0/8";
  set_quota(login, "2G");
  CHECK(login.extra ==
        "allow_nets=10.0.0.0/8 userdb_quota_rule=*:storage=2G userdb_quota_storage_size=2G");
  CHECK(quota_of(login) == "2G");
  set_quota(login, "");
  CHECK(login.extra == "allow_nets=10.0.0.0/8");
  CHECK(describe_quota("0") == "no limit");
}

TEST_CASE("parse_alias_file: reads what Postfix reads", "[accounts]") {
  const auto file = parse_alias_file(
      "# roles\nsales@example.org  a@example.org, b+x@example.net\n\n  # "
      "c\n@example.org\ta@example.org "
      "c@example.org\n");
  REQUIRE(file);
  CHECK(file->entries.size() == 2);
  CHECK(file->entries[0].targets == std::vector<std::string>{"a@example.org", "b+x@example.net"});
  CHECK(format(*file) ==
        "# roles\nsales@example.org  a@example.org, b+x@example.net\n\n  # c\n"
        "@example.org  a@example.org, c@example.org\n");
  CHECK(parse_alias_file(format(*file)).value() == *file);
}

TEST_CASE("parse_alias_file: hostile lines are refused by their number", "[accounts]") {
  for (const char* line :
       {"a@example.org b@example.org\n", "x@example.org\n", "x@example.org  \n",
        "  x@example.org b@example.org\n", "x@example.org |/bin/sh\n", "x@example.org b\n",
        "x@example.org \"b c\"@example.org\n", "x@example.org b@example.org b@example.org\n",
        "x+d@example.org b@example.org\n", "X@example.org b@example.org\n",
        "x@example.org b@example.org", "x@example.org :include:/etc/passwd\n"}) {
    CAPTURE(line);
    const auto file = parse_alias_file("a@example.org b@example.org\n" + std::string(line));
    REQUIRE_FALSE(file);
    CHECK(file.error().line == 2);
  }
}

TEST_CASE("AliasFile::remove: comments above a line stay", "[accounts]") {
  auto file = parse_alias_file("# one\na@e.org b@e.org\n# two\nc@e.org b@e.org\n# end\n");
  REQUIRE(file);
  file->remove("a@e.org");
  CHECK(format(*file) == "# one\n# two\nc@e.org  b@e.org\n# end\n");
  file->remove("c@e.org");
  CHECK(format(*file) == "# one\n# two\n# end\n");
}

}  // namespace
}  // namespace postern::accounts
