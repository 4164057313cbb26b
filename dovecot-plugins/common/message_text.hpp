// A message of a mailbox, as the learner takes it.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.hpp"

struct mail;

namespace postern::dovecot {

struct MessageText {
  std::string octets;  ///< With line ends as training::LineEnds gives them.
  bool is_cut = false;
};

/// The whole message as plugins for compression and encryption show it, up to `max_size` octets.
[[nodiscard]] Expected<MessageText, std::string> read_message(mail* mail, std::uint64_t max_size);

}  // namespace postern::dovecot
