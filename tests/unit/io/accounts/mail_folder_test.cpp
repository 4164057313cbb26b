// Deleting the mail of one account, and of no other.
#include "lib/io/accounts/mail_folder.hpp"

#include "tests/unit/io/accounts/account_place.hpp"

namespace postern::io {
namespace {

namespace fs = std::filesystem;

void make_mail(const AccountPlace& place, const std::string& folder) {
  fs::create_directories(place.path("../vmail/" + folder + "/Maildir/new"));
  place.write("../vmail/" + folder + "/Maildir/new/1", "x");
}

TEST_CASE("delete_mail_folder: one account, then the domain", "[accounts]") {
  const AccountPlace place;
  fs::create_directories(place.path(""));
  const std::string root = (place.root / "vmail").string();
  CHECK_FALSE(delete_mail_folder(root, "a@e.org").value());
  make_mail(place, "e.org/a");
  make_mail(place, "e.org/b");
  CHECK(delete_mail_folder(root, "a@e.org").value());
  CHECK_FALSE(delete_mail_folder(root, "a@e.org").value());
  CHECK(fs::exists(root + "/e.org/b/Maildir/new/1"));
  CHECK(delete_mail_folder(root, "b@e.org").value());
  CHECK_FALSE(fs::exists(root + "/e.org"));
  CHECK(fs::exists(root));
  CHECK(mail_folder("/var/vmail", "a@e.org") == "/var/vmail/e.org/a");
}

TEST_CASE("delete_mail_folder: follows no link of the mail user", "[accounts]") {
  const AccountPlace place;
  fs::create_directories(place.path(""));
  make_mail(place, "other/a");
  const std::string root = (place.root / "vmail").string();
  fs::create_directory_symlink("other", root + "/e.org");
  CHECK_FALSE(delete_mail_folder(root, "a@e.org"));
  CHECK(fs::exists(root + "/other/a/Maildir/new/1"));
  fs::remove(root + "/e.org");
  fs::create_directories(root + "/e.org");
  fs::create_directory_symlink("../other/a", root + "/e.org/a");
  CHECK(delete_mail_folder(root, "a@e.org").value());
  CHECK(fs::exists(root + "/other/a/Maildir/new/1"));
}

}  // namespace
}  // namespace postern::io
