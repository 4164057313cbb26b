#include "lib/antispam/classifier/consensus.hpp"

#include <algorithm>

namespace postern::antispam {

std::optional<MailClass> consensus(const Votes& votes, std::size_t teaching_users) {
  const std::size_t needed =
      teaching_users <= 1
          ? 1
          : std::max(fewest_voices, (teaching_users + voters_per_voice - 1) / voters_per_voice);
  const auto wins = [&](std::size_t voices, std::size_t contrary) {
    return voices >= needed && voices >= voices_per_contrary * contrary;
  };
  if (wins(votes.spam, votes.ham)) return MailClass::spam;
  if (wins(votes.ham, votes.spam)) return MailClass::ham;
  return std::nullopt;
}

}  // namespace postern::antispam
