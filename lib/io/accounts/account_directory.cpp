#include "lib/io/accounts/account_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <thread>
#include <vector>

#include "lib/accounts/tables.hpp"
#include "lib/base/ascii.hpp"
#include "lib/io/accounts/account_files.hpp"

namespace postern::io {
namespace {

using account_files::describe;
using account_files::failure;
using accounts::Accounts;
using Done = Expected<void, std::string>;

constexpr const char* format_file = "format";
constexpr const char* lock_file = ".lock";
constexpr const char* reload_file = ".reload";  // there: Postfix has to be told
constexpr std::chrono::milliseconds lock_pause{20};
constexpr mode_t secret_mode = 0640;

struct StoredFile {
  std::string base;
  std::string text;
  bool secret = false;  ///< Dovecot's; the others are Postfix's.
};

std::vector<StoredFile> files_of(const Accounts& accounts) {
  std::vector<StoredFile> files = {{"aliases", format(accounts.aliases)},
                                   {"app-passwords", format(accounts.app_passwords), true},
                                   {"users", format(accounts.users), true}};
  for (accounts::Table& table : make_tables(accounts)) {
    files.push_back({std::move(table.name), std::move(table.text)});
  }
  return files;
}

Unexpected<std::string> not_kept_here(const std::string& path) {
  return Unexpected<std::string>(
      "accounts are not kept by Postern here: there is no " + path + "/" + format_file +
      "; users of other databases are left alone. To keep new ones here: postern setup "
      "--with-accounts ADDRESS");
}

Done check_format(int directory, const std::string& path) {
  const auto file = account_files::read_file(directory, path, format_file, false);
  if (!file) return Unexpected<std::string>(file.error());
  if (!file->exists) return not_kept_here(path);
  const std::string_view text = ascii::trim(file->text);
  unsigned version = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), version);
  const std::string name = path + "/" + format_file;
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || version == 0) {
    return failure(name, "holds no version; restore it from a backup");
  }
  if (version <= account_format) return {};
  return failure(name, "says version " + std::to_string(version) +
                           ", and this Postern knows none above " + std::to_string(account_format) +
                           "; upgrade Postern");
}

Expected<FileDescriptor, std::string> open_checked(const std::string& path) {
  auto directory = account_files::open_directory(path);
  if (!directory) return directory;
  if (!*directory) return not_kept_here(path);
  const Done format = check_format(directory->get(), path);
  if (!format) return Unexpected<std::string>(format.error());
  return directory;
}

// A source that is gone must not be taken for an empty one: the next change would write it so.
Expected<std::string, std::string> read_source(int directory, const std::string& path,
                                               const std::string& base, bool secret) {
  auto file = account_files::read_file(directory, path, base, secret);
  if (!file) return Unexpected<std::string>(file.error());
  if (file->exists) return std::move(file->text);
  return failure(path + "/" + base, "is missing; restore it from a backup");
}

Unexpected<std::string> at_line(const std::string& path, const char* base,
                                const accounts::FileProblem& problem) {
  return Unexpected<std::string>(path + "/" + base + ":" + std::to_string(problem.line) + ": " +
                                 problem.problem);
}

Expected<Accounts, std::string> load_from(int directory, const std::string& path) {
  const auto users = read_source(directory, path, "users", true);
  if (!users) return Unexpected<std::string>(users.error());
  const auto app_passwords = read_source(directory, path, "app-passwords", true);
  if (!app_passwords) return Unexpected<std::string>(app_passwords.error());
  const auto aliases = read_source(directory, path, "aliases", false);
  if (!aliases) return Unexpected<std::string>(aliases.error());
  auto user_file = accounts::parse_passwd_file(*users, accounts::is_user_name);
  if (!user_file) return at_line(path, "users", user_file.error());
  auto app_file = accounts::parse_passwd_file(*app_passwords, accounts::is_app_password_name);
  if (!app_file) return at_line(path, "app-passwords", app_file.error());
  auto alias_file = accounts::parse_alias_file(*aliases);
  if (!alias_file) return at_line(path, "aliases", alias_file.error());
  return Accounts{std::move(*user_file), std::move(*app_file), std::move(*alias_file)};
}

FileDescriptor make_directory(const std::string& path) {
  constexpr mode_t mode = 0755;  // Dovecot and programs that ask Postfix's tables look in
  const bool is_new = ::mkdir(path.c_str(), mode) == 0;
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (is_new && directory) (void)::fchmod(directory.get(), mode);  // whatever the umask is
  return directory;
}

}  // namespace

Expected<void, std::string> AccountDirectory::create(gid_t dovecot_group) const {
  if (!make_directory(path_)) return failure(path_, "cannot be made: " + describe(errno));
  const auto directory = account_files::open_directory(path_);
  if (!directory) return Unexpected<std::string>(directory.error());
  std::vector<StoredFile> files = files_of({});
  files.push_back({format_file, std::to_string(account_format) + "\n"});
  for (const StoredFile& file : files) {
    struct stat status {};
    if (::fstatat(directory->get(), file.base.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) continue;
    account_files::NewFile made;
    if (file.secret) made = {secret_mode, dovecot_group};
    Done done = account_files::replace_file(directory->get(), path_, file.base, file.text, made);
    if (!done) return done;
  }
  return {};
}

Expected<Accounts, std::string> AccountDirectory::load() const {
  const auto directory = open_checked(path_);
  if (!directory) return Unexpected<std::string>(directory.error());
  return load_from(directory->get(), path_);
}

Expected<AccountLock, std::string> AccountDirectory::lock(
    std::chrono::milliseconds patience) const {
  auto directory = open_checked(path_);
  if (!directory) return Unexpected<std::string>(directory.error());
  const std::string name = path_ + "/" + lock_file;
  FileDescriptor lock(::openat(directory->get(), lock_file,
                               O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!lock && errno == EACCES) return failure(name, "cannot be opened; run the command as root");
  if (!lock) return failure(name, describe(errno));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return failure(name, describe(errno));
    if (std::chrono::steady_clock::now() >= deadline) {
      return failure(name, "another command holds the lock; try again when it has ended");
    }
    std::this_thread::sleep_for(lock_pause);
  }
  return AccountLock(std::move(*directory), std::move(lock));
}

Expected<void, std::string> AccountDirectory::store(const AccountLock& lock,
                                                    const Accounts& accounts) const {
  for (const StoredFile& file : files_of(accounts)) {
    account_files::remove_leftover(lock.directory(), file.base);
    const auto present = account_files::read_file(lock.directory(), path_, file.base, file.secret);
    if (!present) return Unexpected<std::string>(present.error());
    if (present->exists && present->text == file.text) continue;
    if (!file.secret) {
      const FileDescriptor mark(::openat(lock.directory(), reload_file,
                                         O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (!mark) return failure(path_ + "/" + reload_file, describe(errno));
    }
    Done done = account_files::replace_file(lock.directory(), path_, file.base, file.text, {});
    if (!done) return done;
  }
  return {};
}

bool AccountDirectory::is_reload_due(const AccountLock& lock) const {
  struct stat status {};
  return ::fstatat(lock.directory(), reload_file, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

void AccountDirectory::note_reloaded(const AccountLock& lock) const {
  ::unlinkat(lock.directory(), reload_file, 0);
}

}  // namespace postern::io
