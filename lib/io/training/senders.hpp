// Who on this host may speak for which mailbox.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace postern::io {

class Senders {
 public:
  /// \param names         Login names or numbers of those who may speak for every mailbox.
  /// \param system_users  Whether others may speak for the mailbox of their own login name.
  Senders(const std::vector<std::string>& names, bool system_users);

  [[nodiscard]] bool may_speak(uid_t sender, std::string_view user);

  /// Names that this host does not know.
  [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  std::vector<uid_t> trusted_;
  std::vector<std::string> unknown_;
  bool system_users_;
  std::map<uid_t, std::string> logins_;  // asked for so far
};

}  // namespace postern::io
