// What a message that a user moved says of the client it came from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/reputation/feed.hpp"
#include "lib/training/event.hpp"

namespace postern::training {

/// By what we know our own fields.
struct OwnMarks {
  std::string authserv_id;
  std::vector<std::string> hosts;  ///< In the form of dns::parse_domain.
  std::vector<IpNetwork> local_networks;
};

/// The event for the feed of reputation, or nothing where the client cannot be told for sure: by
/// the Received field below report::own_fields(). Mail that a user has put into the mailbox
/// himself, mail from a login, and clients of our own say nothing.
///
/// What this cannot tell: a user may have put a forged message into another mailbox before. Hence
/// learner.reputation_per_day.
/// \param message  As kept by the mailbox.
[[nodiscard]] std::optional<reputation::Event> client_event(const Event& event,
                                                            std::string_view message,
                                                            const OwnMarks& marks);

}  // namespace postern::training
