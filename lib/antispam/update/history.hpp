// Which states of rules were in use on this host, so that nobody can serve old ones as new.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace postern::antispam {

/// A signature covers an archive, but neither its version nor its channel: both are what DNS and a
/// mirror say. So it is remembered what was in use.
struct UsedState {
  std::string channel;
  std::uint64_t version = 0;
  std::string digest;                     ///< SHA-512 of the archive, in lower case.
  std::optional<std::int64_t> signed_at;  ///< Seconds since the epoch; nothing: by digest only.

  bool operator==(const UsedState&) const = default;
};

/// In the order in which they came into use; the last of a channel is its newest.
using RuleHistory = std::vector<UsedState>;

inline constexpr std::size_t max_used_states = 1'000;  ///< The oldest are forgotten.
/// Versions are numbers of revisions, dates, or seconds: one that is more than twice the last, and
/// so much beyond it, is none. If it came into use, no real one would ever be newer.
inline constexpr std::uint64_t max_version_step = 1'000'000;
/// Of SpamAssassin's own channel on a host that has none yet; it counts revisions (1.9 million in
/// 2025).
inline constexpr std::uint64_t max_first_version = 10'000'000;

/// Days. SpamAssassin publishes rules nearly every day; older ones mean that none arrive, since
/// updates fail, or somebody hides them.
inline constexpr std::int64_t max_rules_age = 30;

/// One line for each: channel, version, digest, time of the signature or "-".
/// \return Or "line N: problem".
[[nodiscard]] Expected<RuleHistory, std::string> parse_history(std::string_view text);
[[nodiscard]] std::string format_history(const RuleHistory& history);

void add_used_state(RuleHistory& history, UsedState state);

/// Before anything is fetched.
/// \param present  The version in use, for hosts whose history begins later.
/// \return What is wrong with the version, and the remedy; empty: nothing.
[[nodiscard]] std::string problem_of_version(const RuleHistory& history, std::string_view channel,
                                             std::uint64_t version,
                                             std::optional<std::uint64_t> present);

/// Of what was fetched and verified: whether it is an old state under a new number.
/// \return What is wrong with it, and the remedy; empty: nothing.
[[nodiscard]] std::string problem_of_state(const RuleHistory& history, const UsedState& state);

}  // namespace postern::antispam
