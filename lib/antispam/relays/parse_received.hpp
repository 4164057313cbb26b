// One Received field to a relay.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/antispam/relays/line_pattern.hpp"
#include "lib/antispam/relays/relay.hpp"

namespace postern::antispam::received {

/// What a Received field says.
struct ReceivedLine {
  enum class Kind {
    relay,
    unknown,  ///< Not understood: counted.
    skipped,  ///< Understood, but no relay.
    fetched,  ///< Skipped, and what came before is another delivery.
  };
  Kind kind = Kind::unknown;
  Relay relay;  ///< If it is one.
  /// qmail-scanner's envelope sender, for the relay of the next field.
  std::optional<std::string> sender_of_next;
};

/// \param field   Unfolded; of any peer.
/// \param budget  For all fields of a message; used up, fields are unknown.
[[nodiscard]] ReceivedLine parse_received(std::string_view field, StepBudget& budget);

}  // namespace postern::antispam::received
