// What keeps a store bounded whatever callers and clocks do.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "lib/store/operation.hpp"

namespace postern::store {

/// Lifetimes, periods, and half-lives beyond it count as it.
inline constexpr Lifetime max_lifetime = std::chrono::hours(24 * 400);

/// How long Take::once is remembered.
inline constexpr Lifetime once_lifetime = std::chrono::minutes(10);

/// Sums of one key; more deltas are ignored.
inline constexpr std::size_t max_sums = 256;

/// No sum gets beyond it, so that none becomes infinite.
inline constexpr double max_sum = 1e300;

/// Clocks of hosts differ a little: a limit that was taken from at a time this far ahead of ours
/// waits for us. Further ahead, a clock has been set back, and the limit goes on from our time.
inline constexpr Lifetime max_clock_skew = std::chrono::seconds(10);

/// The skew allowed for a period: a tenth of it at most, so that a clock that was set back makes
/// nobody wait for more than a period and a tenth.
constexpr Lifetime clock_skew(Lifetime period) {
  return std::min(max_clock_skew, period / 10);
}

constexpr Lifetime clamp_lifetime(Lifetime lifetime) {
  return std::clamp(lifetime, Lifetime{0}, max_lifetime);
}
/// As clamp_lifetime(), and at least a millisecond.
constexpr Lifetime clamp_period(Lifetime period) {
  return std::clamp(period, Lifetime{1}, max_lifetime);
}

/// Times beyond it on either side of the epoch, which no clock shows, count as it, so that no sum
/// or difference of times overflows, and all are exact in the doubles of Lua.
inline constexpr Lifetime max_time{std::int64_t{1} << 52};
constexpr Time clamp_time(Time time) {
  return std::clamp(time, Time(-max_time), Time(max_time));
}

/// Whether a key can be stored. Of other keys, reads find nothing and writes are lost.
constexpr bool is_storable(std::string_view key) {
  return !key.empty() && key.size() <= max_key_size;
}

}  // namespace postern::store
