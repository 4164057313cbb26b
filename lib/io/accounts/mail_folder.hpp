// Where the mail of an account lies, and deleting it.
#pragma once

#include <string>

#include "lib/base/result.hpp"

namespace postern::io {

inline constexpr const char* default_mail_root = "/var/vmail";

/// ROOT/DOMAIN/USER.
/// \param address  Of an account, as accounts::read_address() returns it.
[[nodiscard]] std::string mail_folder(const std::string& root, const std::string& address);

/// Deletes it, and the folder of the domain when it is empty then. Below `root`, which belongs to
/// the user of the mail, no symbolic link is followed.
/// \return Whether there was one.
[[nodiscard]] Expected<bool, std::string> delete_mail_folder(const std::string& root,
                                                             const std::string& address);

}  // namespace postern::io
