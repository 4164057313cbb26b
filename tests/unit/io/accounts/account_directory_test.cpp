// Accounts on disk: modes, refusals, replacement, and the mark that Postfix has to be told.
#include "lib/io/accounts/account_directory.hpp"

#include "tests/unit/io/accounts/account_place.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{1};

accounts::Login made_up(const std::string& address) {
  accounts::Login login;
  login.name = address;
  login.password = "{CRYPT}$y$j9T$a$b";
  return login;
}

void add(const AccountPlace& place, const std::string& address) {
  const auto lock = place.directory.lock(patience);
  REQUIRE(lock);
  auto accounts = place.directory.load();
  REQUIRE(accounts);
  REQUIRE(accounts::add_user(*accounts, made_up(address)));
  REQUIRE(place.directory.store(*lock, *accounts));
}

std::string error_of(const AccountPlace& place) {
  const auto loaded = place.directory.load();
  return loaded ? "" : loaded.error();
}

TEST_CASE("AccountDirectory: without a format nothing is read or made", "[accounts]") {
  const AccountPlace place;
  CHECK(error_of(place).starts_with("accounts are not kept by Postern here: there is no "));
  CHECK_FALSE(place.directory.lock(patience));
  CHECK_FALSE(fs::exists(place.path("")));
  fs::create_directories(place.path(""));
  place.write("users", "not ours\n");
  CHECK(error_of(place).find("users of other databases are left alone") != std::string::npos);
  CHECK_FALSE(place.directory.lock(patience));
  CHECK_FALSE(fs::exists(place.path(".lock")));
}

TEST_CASE("AccountDirectory: a later format is refused, a damaged one, too", "[accounts]") {
  const AccountPlace place;
  REQUIRE(place.directory.create(::getegid()));
  CHECK(place.read("format") == "1\n");
  place.write("format", "2\n");
  CHECK(error_of(place) == place.path("format") +
                               ": says version 2, and this Postern knows none above 1; upgrade "
                               "Postern");
  for (const char* text : {"", "0\n", "x\n", "1 2\n", "-1\n", "99999999999999\n"}) {
    place.write("format", text);
    CHECK(error_of(place).find("holds no version") != std::string::npos);
  }
}

TEST_CASE("AccountDirectory: create makes what is missing and changes nothing", "[accounts]") {
  const AccountPlace place;
  REQUIRE(place.directory.create(::getegid()));
  CHECK((place.status("users").st_mode & 07777) == 0640);
  CHECK((place.status("app-passwords").st_mode & 07777) == 0640);
  CHECK((place.status("aliases").st_mode & 07777) == 0644);
  CHECK((place.status("mailboxes").st_mode & 07777) == 0644);
  CHECK((place.status("").st_mode & 07777) == 0755);
  add(place, "a@e.org");
  const std::string before = place.read("users");
  fs::remove(place.path("senders"));
  REQUIRE(place.directory.create(::getegid()));
  CHECK(place.read("users") == before);
  CHECK(fs::exists(place.path("senders")));
}

TEST_CASE("AccountDirectory: what is stored is loaded; mode and owner stay", "[accounts]") {
  const AccountPlace place;
  REQUIRE(place.directory.create(::getegid()));
  REQUIRE(::chmod(place.path("users").c_str(), 0600) == 0);
  const auto before = place.status("users");
  add(place, "a@e.org");
  const auto after = place.status("users");
  CHECK((after.st_mode & 07777) == 0600);
  CHECK(after.st_gid == before.st_gid);
  CHECK(after.st_ino != before.st_ino);
  CHECK(after.st_mtim.tv_sec > before.st_mtim.tv_sec);  // so that Dovecot notices
  CHECK(place.read("users") == "a@e.org:{CRYPT}$y$j9T$a$b::::::\n");
  CHECK(place.read("aliases") == "postmaster@e.org  a@e.org\nabuse@e.org  a@e.org\n");
  CHECK(place.read("domains").find("\ne.org  postern\n") != std::string::npos);
  const auto loaded = place.directory.load();
  REQUIRE(loaded);
  CHECK(loaded->users.logins.size() == 1);
}

TEST_CASE("AccountDirectory: what a killed command has left is ended by the next", "[accounts]") {
  const AccountPlace place;
  REQUIRE(place.directory.create(::getegid()));
  add(place, "a@e.org");
  const std::string mailboxes = place.read("mailboxes");
  place.write("mailboxes", "");
  place.write(".users.new", "half a li");
  place.write(".aliases.new", "half a li");  // which are to stay as they are
  add(place, "b@e.org");
  CHECK(place.read("mailboxes") == mailboxes + "b@e.org  b@e.org\n");
  CHECK_FALSE(fs::exists(place.path(".users.new")));
  CHECK_FALSE(fs::exists(place.path(".aliases.new")));
}

TEST_CASE("AccountDirectory: a reload is due until it is noted", "[accounts]") {
  const AccountPlace place;
  REQUIRE(place.directory.create(::getegid()));
  {
    const auto lock = place.directory.lock(patience);
    REQUIRE(lock);
    CHECK_FALSE(place.directory.is_reload_due(*lock));
  }
  add(place, "a@e.org");
  const auto lock = place.directory.lock(patience);
  REQUIRE(lock);
  CHECK(place.directory.is_reload_due(*lock));
  place.directory.note_reloaded(*lock);
  auto accounts = place.directory.load();
  REQUIRE(accounts);
  accounts->users.logins.front().password = "{CRYPT}$y$j9T$c$d";
  REQUIRE(place.directory.store(*lock, *accounts));
  CHECK_FALSE(place.directory.is_reload_due(*lock));  // passwords are not Postfix's
}

TEST_CASE("AccountDirectory: one holder of the lock", "[accounts]") {
  const AccountPlace place;
  REQUIRE(place.directory.create(::getegid()));
  const auto lock = place.directory.lock(patience);
  REQUIRE(lock);
  const auto second = place.directory.lock(std::chrono::milliseconds(50));
  REQUIRE_FALSE(second);
  CHECK(second.error().find("another command holds the lock") != std::string::npos);
}

TEST_CASE("AccountDirectory: files that others could have changed are refused", "[accounts]") {
  const AccountPlace place;
  REQUIRE(place.directory.create(::getegid()));
  REQUIRE(::chmod(place.path("users").c_str(), 0644) == 0);
  CHECK(error_of(place) == place.path("users") +
                               ": can be read by everybody; mend it with: chmod 640 " +
                               place.path("users"));
  REQUIRE(::chmod(place.path("users").c_str(), 0660) == 0);
  CHECK(error_of(place).find("can be written by others") != std::string::npos);
  REQUIRE(::chmod(place.path("users").c_str(), 0640) == 0);
  REQUIRE(::chmod(place.path("").c_str(), 0775) == 0);
  CHECK(error_of(place).find("chmod go-w") != std::string::npos);
  REQUIRE(::chmod(place.path("").c_str(), 0755) == 0);
  fs::rename(place.path("aliases"), place.path("other"));
  CHECK(error_of(place) == place.path("aliases") + ": is missing; restore it from a backup");
  fs::create_symlink("other", place.path("aliases"));
  CHECK(error_of(place).find("is a symbolic link") != std::string::npos);
  fs::remove(place.path("aliases"));
  REQUIRE(::mkfifo(place.path("aliases").c_str(), 0600) == 0);
  CHECK(error_of(place).find("is no regular file") != std::string::npos);
}

TEST_CASE("AccountDirectory: a line that cannot be read is named", "[accounts]") {
  const AccountPlace place;
  REQUIRE(place.directory.create(::getegid()));
  place.write("users", "# ours\nnobody\n");
  CHECK(error_of(place).starts_with(place.path("users") + ":2: "));
  place.write("users", "");
  place.write("aliases", "x\n");
  CHECK(error_of(place).starts_with(place.path("aliases") + ":1: "));
}

}  // namespace
}  // namespace postern::io
