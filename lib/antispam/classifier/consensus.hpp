// When what users say of a message teaches the site.
#pragma once

#include <cstddef>
#include <optional>

#include "lib/antispam/classifier/model.hpp"

namespace postern::antispam {

/// Distinct users who taught one message, or near-duplicates of it.
struct Votes {
  std::size_t spam = 0, ham = 0;
};

/// Of those who teach at all, one in this many has to say the same: a few accounts, stolen or
/// hostile, cannot teach a site of many.
inline constexpr std::size_t voters_per_voice = 20;
/// And never fewer than this where there is anybody else.
inline constexpr std::size_t fewest_voices = 2;
/// One contrary voice outweighs less than this many.
inline constexpr std::size_t voices_per_contrary = 3;

/// What the site learns; nothing: not enough users say so, or they disagree. Users who alone teach
/// a site are the site.
/// \param teaching_users  Distinct users who taught anything within the time that votes last.
[[nodiscard]] std::optional<MailClass> consensus(const Votes& votes, std::size_t teaching_users);

}  // namespace postern::antispam
