// The brake for stolen accounts: a login that suddenly writes to many strangers is stopped, and its
// mail is held, not lost.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/notice.hpp"
#include "lib/config/setting.hpp"
#include "lib/ratelimit/attributes.hpp"
#include "lib/store/known.hpp"
#include "lib/store/operation.hpp"

namespace postern::ratelimit {

/// The section [brake].
struct BrakeSettings {
  bool enabled = true;
  std::uint32_t per_hour = 0;
  std::uint32_t per_day = 0;
  std::uint32_t bounces = 0;
  std::uint32_t factor = 0;
  std::chrono::milliseconds half_life{};
  std::chrono::milliseconds memory{};
  std::vector<std::string> exempt_logins;
  std::string hold_action;  ///< Of access(5), as the next; checked by policy::load_settings.
  std::string deny_action;
};

[[nodiscard]] std::span<const config::Setting<BrakeSettings>> brake_table();

struct BrakeOutcome {
  enum class Verdict { go_on, hold, deny };
  Verdict verdict = Verdict::go_on;
  std::string why;  ///< One line with the numbers.
  /// For owner and postmaster. Set once for each time a login is stopped, and only in enforce mode.
  std::optional<Notice> notice;
  /// To be run in the store without waiting for them; losing them does no harm.
  std::vector<store::Operation> writes;
};

/// At RCPT of a user with a login: counts recipients met for the first time, in this hour and this
/// day. Beyond max(floor, factor * what is usual) the login is held, as is its mail at MAIL, DATA,
/// and END-OF-MESSAGE, until somebody releases it. What is usual is a mean over the days before
/// that halves in every half-life; in an hour half of what is right for a day.
///
/// At RCPT of a null sender: counts bounces to the addresses that a login sends from. They hold it
/// only as far as the login has itself sent to that many recipients today, so that nobody can have
/// a login held by forging its address.
///
/// \param enforce  False: what would be held is kept apart, and nobody is told.
/// \param now      The same in all rounds of one request.
/// \return Nothing while a result of the store is missing.
[[nodiscard]] std::optional<BrakeOutcome> evaluate_brake(const Attributes& request,
                                                         const BrakeSettings& settings,
                                                         bool enforce, store::Wants& wants,
                                                         store::Time now);

}  // namespace postern::ratelimit
