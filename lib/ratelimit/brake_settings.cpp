#include <array>

#include "lib/ratelimit/brake.hpp"

namespace postern::ratelimit {
namespace {

using config::row;

constexpr std::array table = {
    row<&BrakeSettings::enabled>(
        "brake.enabled", "true",
        "Whether a login that suddenly writes to many it never wrote to before is stopped: its "
        "mail goes into the hold queue, its owner and the postmaster are told, and `postern brake "
        "release` frees it."),
    row<&BrakeSettings::per_hour>(
        "brake.per_hour", "40",
        "Recipients met for the first time that are fine in an hour for any login, however little "
        "it sends."),
    row<&BrakeSettings::per_day>("brake.per_day", "100", "The same in a day."),
    row<&BrakeSettings::bounces>(
        "brake.bounces", "25",
        "Bounces in a day that are fine for any login. They count only as far as it has sent "
        "itself, so that forged mail in its name does not stop it."),
    row<&BrakeSettings::factor>(
        "brake.factor", "5",
        "How many times what is usual for a login is fine in a day; half of it in an hour."),
    row<&BrakeSettings::half_life>("brake.half_life", R"("14d")",
                                   "After how long the past counts half in what is usual."),
    row<&BrakeSettings::memory>("brake.memory", R"("365d")",
                                "How long it is remembered, as a hash, that a login has written to "
                                "a recipient."),
    row<&BrakeSettings::exempt_logins>("brake.exempt_logins", "[]",
                                       "Logins that are never stopped, such as that of a "
                                       "newsletter."),
    row<&BrakeSettings::hold_action>("brake.hold_action",
                                     R"("HOLD login stopped by the brake: {why}")",
                                     "The answer for mail of a login that is held, in words of "
                                     "access(5). The client does not see the text."),
    row<&BrakeSettings::deny_action>(
        "brake.deny_action",
        R"("REJECT 5.7.1 This account may not send mail; please ask your postmaster")",
        "The answer to a login that the operator has denied."),
};

}  // namespace

std::span<const config::Setting<BrakeSettings>> brake_table() {
  return table;
}

}  // namespace postern::ratelimit
