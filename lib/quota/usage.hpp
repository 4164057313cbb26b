// How full a mailbox is, as one line of text from the mailbox server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::quota {

inline constexpr std::size_t max_usage_size = 2048;  ///< Octets of the line.
inline constexpr std::size_t max_user_size = 255;
inline constexpr std::size_t max_host_size = 255;
inline constexpr std::int64_t max_amount = std::int64_t{1} << 60;  ///< Of anything that is counted.

struct Resource {
  std::int64_t used = 0;
  std::int64_t limit = 0;  ///< 0: there is none.
  bool operator==(const Resource&) const = default;
};

/// By which counts of one mailbox are put in order: several may be made in one millisecond.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

struct Usage {
  std::string user;   ///< As the mailbox server calls the login.
  Instant time;       ///< Right before the mailbox was counted: it has all that happened before.
  Resource storage;   ///< Octets.
  Resource messages;  ///< Their number.
  /// A message that does not fit is still taken, when it exceeds the room left by no more octets.
  std::int64_t grace = 0;
  Instant session;         ///< When limits and grace were read: the latest are right.
  bool is_certain = true;  ///< False: it has changed in a way that cannot be told.
  /// Who has heard it from the mailbox server; empty until the learner names itself.
  std::string host;

  bool operator==(const Usage&) const = default;
};

/// That a mailbox has changed, and no more.
[[nodiscard]] Usage unknown_usage(std::string user, Instant time);

/// Reads the line of a usage, with or without a line end:
///
///   quota1 user=alice time=1732310000000000 storage=5120/10240 messages=12/0 grace=1024
///   session=1732310000000000 certain=no host=mx.a
///
/// "quota1" is the version; user and time are needed, the others not, and their order is free.
/// Names that are not known are passed over.
/// \param line  From a process of any user of this host.
[[nodiscard]] Parsed<Usage> parse_usage(std::string_view line);
/// Whether a line says that it is one of these.
[[nodiscard]] bool is_usage(std::string_view line);

/// The line of a usage, without a line end.
[[nodiscard]] std::string format(const Usage& usage);

/// Whether a message of this size (0: nobody has said) does not fit any more, by the rules of
/// Dovecot for deliveries: it does not when a limit has been reached, or when it exceeds the room
/// left and the grace.
[[nodiscard]] bool is_full(const Usage& usage, std::int64_t message_size);

/// Whether it would not fit either if the mailbox were empty.
[[nodiscard]] bool is_too_large(const Usage& usage, std::int64_t message_size);

/// The fuller of both resources, in percent; 0 without limits.
[[nodiscard]] std::int64_t percent(const Usage& usage);

/// "4.2 MiB", for people.
[[nodiscard]] std::string size_text(std::int64_t octets);
/// "4.2 MiB of 10 MiB, 12 of 100 messages", for people.
[[nodiscard]] std::string describe(const Usage& usage);

}  // namespace postern::quota
