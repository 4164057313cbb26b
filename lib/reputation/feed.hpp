// The feed of reputation: what milters and users say of one client, as one line of text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/reputation/reputation.hpp"
#include "lib/store/operation.hpp"

namespace postern::reputation {

inline constexpr std::size_t max_event_size = 1024;  ///< Octets of a line or datagram.
inline constexpr std::size_t max_event_id_size = 128;
inline constexpr double max_event_weight = 100;

enum class EventKind {
  ham,                ///< A message that the milter thought good.
  spam,               ///< One that it thought spam.
  virus,              ///< One with a virus.
  unknown_recipient,  ///< A recipient that does not exist.
  user_ham,           ///< A user took a message out of Junk.
  user_spam           ///< A user put a message into Junk.
};

/// The word of the feed, such as "unknown-recipient".
[[nodiscard]] std::string_view to_word(EventKind kind);

struct Event {
  EventKind kind = EventKind::ham;
  IpAddress client;
  std::string helo;    ///< In the form of dns::parse_domain; empty: none.
  std::string domain;  ///< Likewise; one that SPF or DKIM has proved.
  double weight = 1;   ///< Above 0, at most max_event_weight; times the weight of the kind.
  /// Names what happened, such as a Message-ID or queue id with the host: told twice, it counts
  /// once. Printable, without blanks. Empty: each counts.
  std::string id;

  bool operator==(const Event&) const = default;
};

/// Reads a line of the feed, with or without a line end:
///
///   rep1 kind=spam ip=192.0.2.1 helo=mail.example.org domain=example.org weight=2.5 id=4Fq@mx1
///
/// "rep1" is the version of the protocol; kind and ip are needed, the others not, and their order
/// is free. Names that are not known are passed over, so that later senders can say more. A helo or
/// domain that is no name is left out, since peers write them.
/// \return An error for another version, a word without "=", a name given twice, a kind, ip,
///         weight, or id that cannot be read, and a line over max_event_size.
[[nodiscard]] Parsed<Event> parse_event(std::string_view line);

/// The line of an event, without a line end.
[[nodiscard]] std::string format(const Event& event);

/// Finds out whether an event was counted before: run it first, and record() only when its result
/// is an empty Value. Nothing for an event without id.
[[nodiscard]] std::optional<store::Operation> once(const Event& event);

/// Adds an event to the sums of its subjects.
[[nodiscard]] std::vector<store::Operation> record(const Event& event,
                                                   const Settings& settings = {});

}  // namespace postern::reputation
