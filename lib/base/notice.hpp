// What people are told by mail when a daemon has decided about a login or a mailbox of theirs.
#pragma once

#include <string>
#include <string_view>

namespace postern {

struct Notice {
  enum class Topic { brake, quota };
  Topic topic = Topic::brake;
  std::string login;       ///< That it is about; printable ASCII.
  std::string owner;       ///< Whom to write to; from plain_address(): empty when there is none.
  std::string subject;     ///< One line.
  std::string owner_text;  ///< Lines that end with LF, as are those of the next; empty: the owner
                           ///< is not told.
  std::string postmaster_text;  ///< Empty: the postmaster is not told.
};

/// Any text as printable ASCII of bounded length; other octets become "?".
[[nodiscard]] std::string notice_line(std::string_view text);

/// The address if it can be written to as it stands, else nothing: no quotes, blanks, or brackets.
[[nodiscard]] std::string plain_address(std::string_view text);

}  // namespace postern
