#include "lib/accounts/passwd_file.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace postern::accounts {
namespace {

constexpr std::array<std::string Login::*, 8> fields = {
    &Login::name,  &Login::password, &Login::uid,   &Login::gid,
    &Login::gecos, &Login::home,     &Login::shell, &Login::extra};

// crypt(3) knows no method "$y$!", so that no password matches.
constexpr char disabled_mark = '!';
constexpr std::string_view crypt_scheme = "{CRYPT}$";

Login split(std::string_view line, std::string before) {
  Login login;
  login.before = std::move(before);
  for (const auto field : fields) {
    const bool is_last = field == &Login::extra;  // which may have colons of its own
    const std::size_t size = is_last ? line.size() : std::min(line.find(':'), line.size());
    login.*field = line.substr(0, size);
    line.remove_prefix(std::min(size + 1, line.size()));
  }
  return login;
}

std::string join(const Login& login) {
  std::string line = login.before;
  for (const auto field : fields) {
    line += login.*field;
    line += field == &Login::extra ? '\n' : ':';
  }
  return line;
}

// Where the mark is or would be: behind "{CRYPT}$id$". 0: the password is of another kind.
std::size_t mark_offset(std::string_view password) {
  if (!password.starts_with(crypt_scheme)) return 0;
  const std::size_t dollar = password.find('$', crypt_scheme.size());
  return dollar == password.npos ? 0 : dollar + 1;
}

// The place of "key=value" among the extra fields, without the blank before it.
std::string_view find_field(std::string_view extra, std::string_view key) {
  while (!extra.empty()) {
    const std::string_view word = extra.substr(0, extra.find_first_of(" \t"));
    if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=') return word;
    extra.remove_prefix(std::min(word.size() + 1, extra.size()));
  }
  return {};
}

}  // namespace

Login* PasswdFile::find(std::string_view name) {
  const auto found = std::find_if(logins.begin(), logins.end(),
                                  [&](const Login& login) { return login.name == name; });
  return found == logins.end() ? nullptr : &*found;
}

const Login* PasswdFile::find(std::string_view name) const {
  return const_cast<PasswdFile*>(this)->find(name);
}

void PasswdFile::remove(const Login& login) {
  const auto at = logins.begin() + (&login - logins.data());
  const auto next = at + 1;
  std::string& heir = next == logins.end() ? after : next->before;
  heir.insert(0, at->before);
  logins.erase(at);
}

Expected<PasswdFile, FileProblem> parse_passwd_file(std::string_view text,
                                                    bool (*is_name)(std::string_view)) {
  PasswdFile file;
  std::unordered_set<std::string> names;
  FileLines lines(text);
  while (true) {
    const auto more = lines.next(false);
    if (!more) return Unexpected<FileProblem>(more.error());
    if (!*more) break;
    Login login = split(lines.line(), lines.before());
    if (!is_name(login.name)) {
      return lines.refuse(
          "does not begin with a name as Postern writes them, in lower case and "
          "without blanks; mend or delete the line");
    }
    if (login.password.empty()) return lines.refuse("has no password; mend or delete the line");
    if (!names.insert(login.name).second) {
      return lines.refuse("is the second line of this name; delete one of them");
    }
    file.logins.push_back(std::move(login));
  }
  file.after = lines.before();
  return file;
}

std::string format(const PasswdFile& file) {
  std::string text;
  for (const Login& login : file.logins) text += join(login);
  return text + file.after;
}

std::string_view extra_field(const Login& login, std::string_view key) {
  const std::string_view word = find_field(login.extra, key);
  return word.empty() ? word : word.substr(key.size() + 1);
}

void set_extra_field(Login& login, std::string_view key, std::string_view value) {
  const std::string_view word = find_field(login.extra, key);
  if (!word.empty()) {
    std::size_t at = static_cast<std::size_t>(word.data() - login.extra.data());
    std::size_t size = word.size();
    if (at > 0) {
      --at;  // the blank before it, or else the one behind
      ++size;
    } else if (size < login.extra.size()) {
      ++size;
    }
    login.extra.erase(at, size);
  }
  if (value.empty()) return;
  if (!login.extra.empty()) login.extra += ' ';
  login.extra.append(key).append("=").append(value);
}

bool is_disabled(const Login& login) {
  const std::size_t at = mark_offset(login.password);
  return at > 0 && at < login.password.size() && login.password[at] == disabled_mark;
}

bool set_disabled(Login& login, bool disabled) {
  const std::size_t at = mark_offset(login.password);
  if (at == 0) return false;
  if (disabled == is_disabled(login)) return true;
  if (disabled) {
    login.password.insert(at, 1, disabled_mark);
  } else {
    login.password.erase(at, 1);
  }
  return true;
}

}  // namespace postern::accounts
