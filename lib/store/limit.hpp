// Taking from limits: the arithmetic of both algorithms, exact in whole numbers.
#pragma once

#include <cstdint>

#include "lib/store/operation.hpp"

namespace postern::store {

/// A limit in units, each of 2^shift of what is counted, so that units * period stays below 2^51:
/// then all intermediate results are exact, in 64-bit integers as in the doubles of Lua. The shift
/// is 0 up to 26 million a day or 625 million an hour. Beyond that, costs are rounded up to
/// multiples of 2^shift and the amount down, by less than 1 in 30,000 of the amount.
struct Scale {
  std::int64_t units = 0;
  std::int64_t period = 1;  ///< Milliseconds.
  unsigned shift = 0;

  /// units + 1 for what is more than the whole limit.
  [[nodiscard]] std::int64_t cost(std::uint64_t cost) const;
};
[[nodiscard]] Scale scale_of(const Take& take);

/// The state of a limit by the generic cell rate algorithm: a bucket that leaks evenly.
struct Bucket {
  std::int64_t at = 0;     ///< Milliseconds since the epoch, when the level was true.
  std::int64_t level = 0;  ///< Units taken, times the period; it sinks by Scale::units each
                           ///< millisecond.
  std::int64_t period = 0;
  std::int64_t shift = 0;
};

/// The state of a limit by sliding window; windows begin at multiples of the period.
struct Window {
  std::int64_t start = 0;  ///< Milliseconds since the epoch.
  std::int64_t current = 0;
  std::int64_t previous = 0;  ///< Units taken in the window before.
  std::int64_t period = 0;
  std::int64_t shift = 0;
};

/// Takes from a limit. A limit whose period was changed keeps what has been taken.
///
/// Clocks: a state that is ahead of `time` by less than clock_skew() stands still until then; one
/// further ahead continues at `time` with the same level, so after a clock was set back nobody
/// waits for more than a period.
///
/// \return Whether `state` has changed and must be written.
struct Taken {
  Admission admission;
  bool changed = false;
};
Taken take_from(Bucket& state, const Take& take, Time time);
Taken take_from(Window& state, const Take& take, Time time);

/// How long a state matters after a Take.
[[nodiscard]] Lifetime state_lifetime(const Take& take);

}  // namespace postern::store
