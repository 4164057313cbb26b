// Dovecot's passwd-file: one line a login, name:password:uid:gid:gecos:home:shell:extra fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/accounts/lines.hpp"
#include "lib/base/result.hpp"

namespace postern::accounts {

/// One login. What the operator wrote into fields that we do not use stays as it was.
struct Login {
  std::string before;  ///< Empty lines and comments above it, with their line ends.
  std::string name;
  std::string password;  ///< {SCHEME}hash.
  std::string uid;
  std::string gid;
  std::string gecos;  ///< The label of an app password.
  std::string home;
  std::string shell;  ///< The day an app password was made: Dovecot does not use it.
  std::string extra;  ///< "key=value" and blanks.

  bool operator==(const Login&) const = default;
};

struct PasswdFile {
  std::vector<Login> logins;
  std::string after;  ///< Empty lines and comments below the last login.

  bool operator==(const PasswdFile&) const = default;
  [[nodiscard]] Login* find(std::string_view name);
  [[nodiscard]] const Login* find(std::string_view name) const;
  /// Removes a login of this file; the comments above it stay.
  void remove(const Login& login);
};

/// Reads a file; refuses what Dovecot would read otherwise than we do.
/// \param is_name  What a name may be.
[[nodiscard]] Expected<PasswdFile, FileProblem> parse_passwd_file(
    std::string_view text, bool (*is_name)(std::string_view));

/// parse_passwd_file(format(file)) is the file.
[[nodiscard]] std::string format(const PasswdFile& file);

/// The value of an extra field "key=value"; empty when there is none.
[[nodiscard]] std::string_view extra_field(const Login& login, std::string_view key);
/// Sets it, or removes it with an empty value; the other fields stay.
void set_extra_field(Login& login, std::string_view key, std::string_view value);

/// Whether the login is kept from matching any password, and keeping it from that. The hash stays:
/// a mark within it makes crypt(3) refuse it. Only crypt(3) hashes beginning with "$" can be
/// disabled; false for others.
[[nodiscard]] bool is_disabled(const Login& login);
[[nodiscard]] bool set_disabled(Login& login, bool disabled);

}  // namespace postern::accounts
