#include "cli/setup_accounts.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

#include "lib/io/accounts/account_directory.hpp"
#include "lib/io/accounts/mail_folder.hpp"
#include "lib/io/probe/command.hpp"
#include "lib/io/setup/files.hpp"

namespace postern::cli {
namespace {

using Result = Expected<void, std::string>;

constexpr const char* mail_user = "vmail";
constexpr std::chrono::seconds patience{60};

Unexpected<std::string> failure(const std::string& what, int error) {
  return Unexpected<std::string>(what + ": " + std::generic_category().message(error));
}

Result make_mail_user() {
  if (::getpwnam(mail_user) != nullptr) return {};  // NOLINT(concurrency-mt-unsafe): one thread
  const auto made =
      io::run_command({"useradd", "--system", "--user-group", "--no-create-home", "--home-dir",
                       io::default_mail_root, "--shell", "/usr/sbin/nologin", mail_user},
                      patience);
  if (!made) return Unexpected<std::string>("user vmail: " + made.error());
  return {};
}

Result make_mail_root() {
  const auto made = io::make_directories(io::default_mail_root);
  if (!made) return Unexpected<std::string>(made.error());
  const struct passwd* const user = ::getpwnam(mail_user);  // NOLINT(concurrency-mt-unsafe)
  if (user == nullptr) return Unexpected<std::string>("user vmail: is not there");
  if (::chown(io::default_mail_root, user->pw_uid, user->pw_gid) != 0 ||
      ::chmod(io::default_mail_root, 0770) != 0) {
    return failure(io::default_mail_root, errno);
  }
  return {};
}

}  // namespace

Result make_account_home() {
  auto done = make_mail_user();
  if (done) done = make_mail_root();
  if (!done) return done;
  const struct group* const dovecot = ::getgrnam("dovecot");  // NOLINT(concurrency-mt-unsafe)
  if (dovecot == nullptr) return Unexpected<std::string>("group dovecot: is not there");
  return io::AccountDirectory(io::default_account_directory).create(dovecot->gr_gid);
}

bool has_account(const std::string& address) {
  auto accounts = io::AccountDirectory(io::default_account_directory).load();
  return accounts && accounts::find_user(*accounts, address).has_value();
}

}  // namespace postern::cli
