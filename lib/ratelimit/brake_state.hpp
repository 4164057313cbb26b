// What the brake keeps of a login that is held or denied, and what an operator can change.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/store/bounds.hpp"
#include "lib/store/operation.hpp"

namespace postern::ratelimit {

// Prefixes of keys, for Store::scan.
inline constexpr std::string_view brake_prefix = "b/s/";     ///< login: BrakeState
inline constexpr std::string_view observed_prefix = "b/o/";  ///< login: the same in observe mode
inline constexpr std::string_view met_prefix = "b/r/";       ///< login|recipient hash: met before
inline constexpr std::string_view hour_prefix = "b/h/";      ///< login|hour: new recipients
inline constexpr std::string_view day_prefix = "b/d/";       ///< login|day: new recipients
inline constexpr std::string_view bounced_prefix = "b/n/";   ///< login|day: bounces
inline constexpr std::string_view sent_prefix = "b/t/";      ///< login|day: recipients
inline constexpr std::string_view usual_prefix = "b/u/";     ///< login: decayed sums
inline constexpr std::string_view owner_prefix = "b/a/";     ///< address: login that sends from it

inline constexpr std::size_t max_why_size = 300;  ///< Octets of BrakeState::why.

struct BrakeState {
  enum class Kind {
    held,   ///< Its mail goes into the hold queue.
    denied  ///< Its mail is rejected.
  };
  Kind kind = Kind::held;
  store::Time since;
  std::string login;  ///< As Postfix gave it, octets that are not printable as "?".
  std::string why;    ///< One line.
  bool operator==(const BrakeState&) const = default;
};

[[nodiscard]] std::string_view to_word(BrakeState::Kind kind);
/// One line: kind, milliseconds since 1970, login, and why, with tabs between them.
[[nodiscard]] std::string format(const BrakeState& state);
[[nodiscard]] std::optional<BrakeState> parse_brake_state(std::string_view value);

/// The key of a login's state; logins are compared without regard to case.
[[nodiscard]] std::string brake_key(std::string_view login);
/// The same for what would be held in enforce mode.
[[nodiscard]] std::string observed_key(std::string_view login);

/// How long a state holds unless the operator changes it: the longest a store keeps anything.
inline constexpr store::Lifetime state_lifetime = store::max_lifetime;

/// `postern brake release LOGIN`: frees the login and begins its counts of this hour and day anew,
/// so that it is not held at once again. Mail in the hold queue is released by postsuper -H.
[[nodiscard]] std::vector<store::Operation> release_operations(std::string_view login,
                                                               store::Time now);
/// `postern brake deny LOGIN`.
/// \param why  Of the operator; shown by `postern brake list`.
[[nodiscard]] std::vector<store::Operation> deny_operations(std::string_view login,
                                                            std::string_view why, store::Time now);

// Keys of counters; `login` in any case.
[[nodiscard]] std::string hour_key(std::string_view login, store::Time now);
[[nodiscard]] std::string day_key(std::string_view prefix, std::string_view login, store::Time now);
/// The recipient stands in it as a hash, so that who writes to whom cannot be read at a glance.
[[nodiscard]] std::string met_key(std::string_view login, std::string_view recipient);

}  // namespace postern::ratelimit
