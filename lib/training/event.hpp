// What a user taught the filter with one message, as one line of text from the mailbox server.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::training {

inline constexpr std::size_t max_event_size = 2048;  ///< Octets of the line.
inline constexpr std::size_t max_user_size = 255;
inline constexpr std::size_t max_id_size = 64;

enum class Kind {
  spam,
  ham,
  none  ///< Neither: what the user has said of the message is taken back.
};

/// What the user did.
enum class Source {
  copy,
  move,
  append,
  keyword,  ///< Set $Junk or $NotJunk.
  sieve,    ///< Has a script that reports what it sees.
  command   ///< Nothing in a mailbox: the operator ran `postern learn`.
};

/// What a mailbox is for, by its special use (RFC 6154 §2), whatever its name.
enum class Role { junk, trash, other, none };

[[nodiscard]] std::string_view to_word(Kind kind);
[[nodiscard]] std::string_view to_word(Source source);
[[nodiscard]] std::string_view to_word(Role role);

struct Event {
  /// Names this event among all of its user: letters, digits, and "-" only, so that it can be part
  /// of a file name. An event that comes twice counts once.
  std::string id;
  Kind kind = Kind::spam;
  std::string user;  ///< As the mailbox server calls the login.
  /// SHA-256 of the message with the line ends of LineEnds, in hexadecimal; empty until the learner
  /// has computed it, since nobody is believed about it.
  std::string hash;
  Source source = Source::command;
  Role from = Role::none;
  Role to = Role::none;
  std::chrono::sys_time<std::chrono::milliseconds> time;
  bool is_cut = false;  ///< The message is longer than what came with the event.

  bool operator==(const Event&) const = default;
};

/// What copying or moving from one mailbox to another says of a message. Throwing spam away says
/// nothing, nor does moving it about outside of Junk.
[[nodiscard]] std::optional<Kind> taught_by(Role from, Role to);

/// Reads the line of an event, with or without a line end:
///
///   train1 id=18f2-12-0 kind=spam user=alice@example.org source=move from=other to=junk
///   time=1732310000000
///
/// "train1" is the version; id, kind, user, and time are needed, the others not, and their order is
/// free. Names that are not known are passed over, so that later senders can say more.
/// \param line  From a process of any user of this host.
[[nodiscard]] Parsed<Event> parse_event(std::string_view line);

/// The line of an event, without a line end. A user is written with %XX for blanks, "%", controls,
/// and octets beyond ASCII.
[[nodiscard]] std::string format(const Event& event);

/// Whether parse_event() takes it as an id.
[[nodiscard]] bool is_id(std::string_view text);

}  // namespace postern::training
