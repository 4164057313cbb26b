// One message through Postfix, to see that mail still arrives.
#pragma once

#include <string>

#include "cli/setup_options.hpp"

namespace postern::cli {

/// What became of it, from bad to good.
enum class Arrival { refused, queued, left_queue, in_mailbox };
[[nodiscard]] std::string_view to_word(Arrival arrival);

struct SetupProbe {
  Arrival arrival = Arrival::refused;
  std::string text;  ///< For a person, without a full stop.
};

/// Sends a message of the null sender to the address and waits until it is in the mailbox of a user
/// of Dovecot, or, for an address that is none, has left the queue.
/// \param keeps  Whether the message is left in the mailbox for the user to find.
[[nodiscard]] SetupProbe send_setup_probe(const SetupOptions& options, const std::string& recipient,
                                          bool keeps);

}  // namespace postern::cli
