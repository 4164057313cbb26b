#include "lib/greylist/settings.hpp"

#include <array>

namespace postern::greylist {
namespace {

using config::row;

constexpr std::array table = {
    row<&Settings::when>(
        "greylist.when", R"("suspicious")",
        "Whose mail is greylisted (RFC 6647). suspicious: clients without a confirmed name, with a "
        "HELO that is none or does not resolve, in DNS lists (dnslist.suspicious_score), of bad "
        "reputation, and those of whom nothing is known and whose SPF check does not pass. Mail of "
        "large providers, such as login codes, is not among it. always: all but those who are "
        "known. never: nobody's."),
    row<&Settings::delay>(
        "greylist.delay", R"("4m")",
        "How long the first attempt of a sender is put off. Most servers retry after five minutes "
        "or more, and a delay just above that would cost their mail a second round."),
    row<&Settings::window>("greylist.window", R"("2d")",
                           "How long an attempt is remembered; a retry after it is a first one."),
    row<&Settings::lifetime>(
        "greylist.lifetime", R"("36d")",
        "How long a sender who came back is remembered after the last message; more than a month, "
        "for newsletters."),
    row<&Settings::passes>("greylist.passes", "5",
                           "After how many returns, counted at most once an hour, a client (its "
                           "SPF domain, its name, or its network) is not greylisted any more. 0: "
                           "never."),
    row<&Settings::contact_lifetime>(
        "greylist.contact_lifetime", R"("365d")",
        "How long those whom our users wrote to are never greylisted: the address, and its domain "
        "where SPF passes. 0s: it is not learned."),
    row<&Settings::bad_reputation>("greylist.bad_reputation", R"("-0.3")",
                                   "Reputation (-1 to 1) from which downwards a client is "
                                   "suspicious."),
    row<&Settings::good_reputation>(
        "greylist.good_reputation", R"("0.3")",
        "Reputation from which upwards a client whose SPF check passes is never greylisted, and "
        "any client is no stranger."),
    row<&Settings::action>(
        "greylist.action",
        R"("DEFER_IF_PERMIT 4.7.1 Greylisted, please try again in {retry_after}")",
        "The answer to what is held, in words of access(5)."),
};

}  // namespace

std::span<const config::Setting<Settings>> settings_table() {
  return table;
}

}  // namespace postern::greylist
