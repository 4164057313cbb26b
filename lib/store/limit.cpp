#include "lib/store/limit.hpp"

#include <algorithm>
#include <limits>

#include "lib/store/bounds.hpp"

namespace postern::store {
namespace {

constexpr std::int64_t max_capacity = std::int64_t{1} << 51;

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return a / b + (a % b != 0 ? 1 : 0);
}

std::int64_t milliseconds(Time time) {
  return clamp_time(time).time_since_epoch().count();
}

// The start of the window that `now` is in, also before the epoch.
std::int64_t window_start(std::int64_t now, std::int64_t period) {
  const std::int64_t rest = now % period;
  return now - (rest < 0 ? rest + period : rest);
}

// What was taken in units of another scale.
std::int64_t rescale(std::int64_t units, std::int64_t old_shift, const Scale& scale) {
  if (old_shift < 0 || old_shift > 60) return 0;
  const std::uint64_t bounded = static_cast<std::uint64_t>(std::max<std::int64_t>(units, 0));
  const std::uint64_t limit = std::numeric_limits<std::uint64_t>::max() >> old_shift;
  if (bounded > limit) return scale.units;
  return std::min(scale.cost(bounded << old_shift), scale.units);
}

std::uint64_t amount_of(std::int64_t units, const Scale& scale) {
  return static_cast<std::uint64_t>(units) << scale.shift;
}

// Makes a state of other settings, or one that no Take has left, fit these.
void adapt(Bucket& state, const Scale& scale, std::int64_t now) {
  if (state.period != scale.period || state.shift != static_cast<std::int64_t>(scale.shift)) {
    const std::int64_t units =
        state.period > 0 ? divide_up(std::max<std::int64_t>(state.level, 0), state.period) : 0;
    state = {now, rescale(units, state.shift, scale) * scale.period, scale.period,
             static_cast<std::int64_t>(scale.shift)};
  }
  state.at = std::clamp(state.at, -max_time.count(), max_time.count());
  state.level = std::clamp<std::int64_t>(state.level, 0, scale.units * scale.period);
}

void adapt(Window& state, const Scale& scale, std::int64_t now) {
  if (state.period != scale.period || state.shift != static_cast<std::int64_t>(scale.shift)) {
    state = {window_start(now, scale.period), rescale(state.current, state.shift, scale), 0,
             scale.period, static_cast<std::int64_t>(scale.shift)};
  }
  state.start = std::clamp(state.start, -max_time.count(), max_time.count());
  state.current = std::clamp<std::int64_t>(state.current, 0, scale.units);
  state.previous = std::clamp<std::int64_t>(state.previous, 0, scale.units);
}

// Moves the window to `now`, which a small skew may have put before its start.
void slide(Window& state, std::int64_t now) {
  const std::int64_t start = window_start(now, state.period);
  if (start <= state.start) return;
  state.previous = start - state.start == state.period ? state.current : 0;
  state.current = 0;
  state.start = start;
}

// Milliseconds from `elapsed` in a window until a cost fits.
std::int64_t window_wait(const Window& state, const Scale& scale, std::int64_t cost,
                         std::int64_t elapsed) {
  const std::int64_t room = scale.units - cost;
  // In this window, what the one before it still weighs must sink to what is left.
  if (state.current <= room) {
    const std::int64_t covered = (room - state.current) * scale.period / state.previous;
    return std::max<std::int64_t>(scale.period - elapsed - covered, 1);
  }
  // In the next one, this window weighs.
  const std::int64_t covered = room * scale.period / state.current;
  return scale.period - elapsed + std::max<std::int64_t>(scale.period - covered, 0);
}

}  // namespace

std::int64_t Scale::cost(std::uint64_t cost) const {
  const std::uint64_t whole = cost >> shift;
  const std::uint64_t units_of_cost = whole + (whole << shift != cost ? 1 : 0);
  return units_of_cost > static_cast<std::uint64_t>(units)
             ? units + 1
             : static_cast<std::int64_t>(units_of_cost);
}

Scale scale_of(const Take& take) {
  Scale scale;
  scale.period = clamp_period(take.period).count();
  const auto most = static_cast<std::uint64_t>(max_capacity / scale.period);
  std::uint64_t units = take.amount;
  while (units > most) {
    units >>= 1;
    ++scale.shift;
  }
  scale.units = static_cast<std::int64_t>(units);
  return scale;
}

Lifetime state_lifetime(const Take& take) {
  const Lifetime period = clamp_period(take.period);
  const int periods = take.algorithm == Take::Algorithm::gcra ? 1 : 2;
  return clamp_lifetime(period * periods + clock_skew(period));
}

Taken take_from(Bucket& state, const Take& take, Time time) {
  const Scale scale = scale_of(take);
  const std::int64_t now = milliseconds(time);
  adapt(state, scale, now);
  Taken taken;
  if (state.at - now > clock_skew(Lifetime(scale.period)).count()) {
    state.at = now;
    taken.changed = true;
  }
  const std::int64_t ahead = std::max<std::int64_t>(state.at - now, 0);
  const std::int64_t elapsed = std::clamp<std::int64_t>(now - state.at, 0, scale.period);
  const std::int64_t level = std::max<std::int64_t>(state.level - elapsed * scale.units, 0);
  const std::int64_t capacity = scale.units * scale.period;
  const std::int64_t cost = scale.cost(take.cost);
  const std::int64_t after = cost <= scale.units ? level + cost * scale.period : capacity + 1;

  Admission& admission = taken.admission;
  admission.admitted = after <= capacity;
  if (admission.admitted && cost > 0) {
    state.level = after;
    state.at = std::max(state.at, now);
    taken.changed = true;
  }
  const std::int64_t left = capacity - (admission.admitted ? after : level);
  admission.remaining = amount_of(left / scale.period, scale);
  if (!admission.admitted) {
    admission.retry_after = Lifetime(
        cost > scale.units ? scale.period : divide_up(after - capacity, scale.units) + ahead);
  }
  return taken;
}

Taken take_from(Window& state, const Take& take, Time time) {
  const Scale scale = scale_of(take);
  const std::int64_t now = milliseconds(time);
  adapt(state, scale, now);
  Taken taken;
  if (state.start - now > clock_skew(Lifetime(scale.period)).count()) {
    state.start = window_start(now, scale.period);
    state.previous = 0;
    taken.changed = true;
  }
  slide(state, now);
  const std::int64_t ahead = std::max<std::int64_t>(state.start - now, 0);
  const std::int64_t elapsed = std::max<std::int64_t>(now - state.start, 0);
  const std::int64_t capacity = scale.units * scale.period;
  const std::int64_t before =
      state.previous * (scale.period - elapsed) + state.current * scale.period;
  const std::int64_t cost = scale.cost(take.cost);

  Admission& admission = taken.admission;
  admission.admitted = cost <= scale.units && before + cost * scale.period <= capacity;
  if (admission.admitted && cost > 0) {
    state.current += cost;
    taken.changed = true;
  }
  const std::int64_t left =
      std::max<std::int64_t>(capacity - before - (admission.admitted ? cost * scale.period : 0), 0);
  admission.remaining = amount_of(left / scale.period, scale);
  if (!admission.admitted) {
    admission.retry_after = Lifetime(
        cost > scale.units ? scale.period : window_wait(state, scale, cost, elapsed) + ahead);
  }
  return taken;
}

}  // namespace postern::store
