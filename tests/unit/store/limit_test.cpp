#include "lib/store/limit.hpp"

#include <deque>
#include <limits>
#include <numeric>
#include <random>

#include "lib/store/bounds.hpp"
#include "tests/support/catch.hpp"

namespace postern::store {
namespace {

using namespace std::chrono_literals;

const Time start{std::chrono::hours(24 * 365 * 56)};
constexpr auto year = std::chrono::hours(24 * 365);
constexpr auto gcra = Take::Algorithm::gcra;
constexpr auto window = Take::Algorithm::sliding_window;

Take limit(std::uint64_t amount, Lifetime period, std::uint64_t cost = 1) {
  return {"l/x", gcra, amount, period, cost, ""};
}

TEST_CASE("scale_of: exact while numbers are small, never above the limit", "[store]") {
  CHECK(scale_of(limit(1000, 1h)).shift == 0);
  CHECK(scale_of(limit(26000000, 24h)).shift == 0);
  CHECK(scale_of(limit(625000000, 1h)).shift == 0);
  for (const std::uint64_t amount : {std::uint64_t{1} << 40, (std::uint64_t{1} << 40) + 12345,
                                     std::numeric_limits<std::uint64_t>::max()}) {
    for (const Lifetime period : {Lifetime(1), Lifetime(24h), max_lifetime, Lifetime::max()}) {
      const Scale scale = scale_of(limit(amount, period));
      const auto units = static_cast<std::uint64_t>(scale.units);
      CHECK(units * static_cast<std::uint64_t>(scale.period) <= std::uint64_t{1} << 51);
      CHECK((units << scale.shift) <= amount);
      CHECK(amount - (units << scale.shift) <= amount / 30000);
      CHECK(scale.cost(amount) <= scale.units + 1);
      CHECK(scale.cost(0) == 0);
      CHECK(scale.cost(1) == 1);
    }
  }
  CHECK(scale_of(limit(5, -1ms)).period == 1);
}

TEST_CASE("take_from: a bucket gives the whole limit at once, then refills evenly", "[store]") {
  Bucket bucket;
  for (std::uint64_t left = 10; left > 0; --left) {
    CHECK(take_from(bucket, limit(10, 10s), start).admission == Admission{true, left - 1, 0ms});
  }
  const Taken denied = take_from(bucket, limit(10, 10s), start);
  CHECK(denied.admission == Admission{false, 0, 1s});
  CHECK_FALSE(denied.changed);
  CHECK_FALSE(take_from(bucket, limit(10, 10s), start + 999ms).admission.admitted);
  CHECK(take_from(bucket, limit(10, 10s), start + 1s).admission.admitted);
  CHECK_FALSE(take_from(bucket, limit(10, 10s), start + 1s).admission.admitted);
  CHECK(take_from(bucket, limit(10, 10s, 10), start + 11s).admission.admitted);
}

TEST_CASE("take_from: all or nothing, and what can never be", "[store]") {
  Bucket bucket;
  Window slots;
  CHECK(take_from(bucket, limit(10, 10s, 11), start).admission == Admission{false, 10, 10s});
  CHECK(take_from(slots, limit(10, 10s, 11), start).admission == Admission{false, 10, 10s});
  CHECK(take_from(bucket, limit(0, 10s), start).admission == Admission{false, 0, 10s});
  CHECK(take_from(slots, limit(0, 10s), start).admission == Admission{false, 0, 10s});
  CHECK(take_from(bucket, limit(10, 10s, 0), start).admission == Admission{true, 10, 0ms});
  CHECK(take_from(slots, limit(10, 10s, 0), start).admission == Admission{true, 10, 0ms});
  CHECK(take_from(bucket, limit(10, 10s, 7), start).admission == Admission{true, 3, 0ms});
  CHECK(take_from(bucket, limit(10, 10s, 4), start).admission == Admission{false, 3, 1s});
}

TEST_CASE("take_from: a window weighs the one before by what is still covered", "[store]") {
  const Time begin(std::chrono::floor<std::chrono::hours>(start));
  Window slots;
  CHECK(take_from(slots, limit(10, 1h, 10), begin + 30min).admission.admitted);
  // Until the end of this window nothing; in the next one, a tenth after each six minutes.
  CHECK(take_from(slots, limit(10, 1h), begin + 30min).admission == Admission{false, 0, 36min});
  CHECK_FALSE(take_from(slots, limit(10, 1h), begin + 66min - 1ms).admission.admitted);
  CHECK(take_from(slots, limit(10, 1h), begin + 66min).admission.admitted);
  CHECK(take_from(slots, limit(10, 1h), begin + 66min).admission == Admission{false, 0, 6min});
  CHECK(take_from(slots, limit(10, 1h, 10), begin + 4h).admission.admitted);
}

// The promise of retry_after, and of the limit itself, over many random histories.
template <typename State>
void check_promises(Take::Algorithm algorithm, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
  Take take = limit(1 + static_cast<std::uint64_t>(below(20)), Lifetime(1 + below(5000)));
  take.algorithm = algorithm;
  State state;
  Time now = start;
  std::deque<std::pair<Time, std::uint64_t>> taken;
  for (int i = 0; i < 2000; ++i) {
    take.cost = static_cast<std::uint64_t>(1 + below(3));
    const State before = state;
    const Admission admission = take_from(state, take, now).admission;
    if (admission.admitted) {
      taken.emplace_back(now, take.cost);
    } else if (take.cost <= take.amount) {
      State copy = before;
      CHECK_FALSE(take_from(copy, take, now + admission.retry_after - 1ms).admission.admitted);
      copy = before;
      CHECK(take_from(copy, take, now + admission.retry_after).admission.admitted);
    }
    // In any period at most: the whole limit and what came back meanwhile; a window never gives
    // more than the limit between two of its starts.
    while (!taken.empty() && taken.front().first <= now - take.period) taken.pop_front();
    const auto sum = std::accumulate(taken.begin(), taken.end(), std::uint64_t{0},
                                     [](std::uint64_t s, const auto& t) { return s + t.second; });
    CHECK(sum <= 2 * take.amount);
    now += Lifetime(below(static_cast<unsigned>(take.period.count() / 4 + 2)));
  }
}

TEST_CASE("take_from: retry_after is the first moment that admits", "[store]") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    check_promises<Bucket>(gcra, seed);
    check_promises<Window>(window, seed);
  }
}

template <typename State>
void check_clock_steps(Take::Algorithm algorithm) {
  for (const Lifetime period : {Lifetime(10s), Lifetime(1min), Lifetime(1h), Lifetime(24h)}) {
    for (const Lifetime step :
         {Lifetime(-1h), Lifetime(-24h), Lifetime(-5s), Lifetime(10 * year)}) {
      Take take = limit(10, period);
      take.algorithm = algorithm;
      State state;
      Time now = start;
      while (take_from(state, take, now).admission.admitted) {
      }
      now += step;
      // One that asks again and again is not locked out, and is told when.
      const Taken first = take_from(state, take, now);
      const Lifetime longest = period + period / 10 + (algorithm == window ? period / 10 : 0ms);
      CHECK(first.admission.retry_after <= longest + clock_skew(period));
      Lifetime waited{};
      while (!take_from(state, take, now + waited).admission.admitted && waited < 3 * period) {
        waited += period / 100;
      }
      CHECK(waited <= longest + clock_skew(period));
    }
  }
}

TEST_CASE("take_from: clocks that are set lock nobody out", "[store]") {
  check_clock_steps<Bucket>(gcra);
  check_clock_steps<Window>(window);
}

TEST_CASE("take_from: two hosts whose clocks differ a little get no more", "[store]") {
  for (const auto algorithm : {gcra, window}) {
    Take take = limit(100, 1h);
    take.algorithm = algorithm;
    Bucket bucket;
    Window slots;
    int admitted = 0;
    for (int i = 0; i < 2000; ++i) {
      const Time now = start + 1min + Lifetime(i % 2 == 0 ? 500 : 0);
      admitted += (algorithm == gcra ? take_from(bucket, take, now) : take_from(slots, take, now))
                      .admission.admitted;
    }
    CHECK(admitted == 100);
  }
}

TEST_CASE("take_from: settings that change keep what was taken", "[store]") {
  Bucket bucket;
  Window slots;
  CHECK(take_from(bucket, limit(10, 1h, 8), start).admission.admitted);
  CHECK(take_from(bucket, limit(10, 2h, 3), start).admission == Admission{false, 2, 12min});
  CHECK(take_from(bucket, limit(20, 2h, 3), start).admission.admitted);
  CHECK(take_from(slots, limit(10, 1h, 8), start).admission.admitted);
  CHECK_FALSE(take_from(slots, limit(10, 2h, 3), start).admission.admitted);
  CHECK(take_from(slots, limit(20, 2h, 3), start).admission.admitted);
}

TEST_CASE("take_from: states of any content are bounded", "[store][security]") {
  const std::int64_t edges[] = {0,
                                -1,
                                1,
                                63,
                                64,
                                std::numeric_limits<std::int64_t>::max(),
                                std::numeric_limits<std::int64_t>::min()};
  for (const std::int64_t a : edges) {
    for (const std::int64_t b : edges) {
      for (const Time now : {start, Time::max(), Time::min()}) {
        Bucket bucket{a, b, a, b};
        Window slots{a, b, a, b, a};
        const Admission one = take_from(bucket, limit(10, 1h), now).admission;
        const Admission two = take_from(slots, limit(10, 1h), now).admission;
        CHECK(one.remaining <= 10);
        CHECK(two.remaining <= 10);
        CHECK(one.retry_after <= 2h);
        CHECK(two.retry_after <= 3h);
      }
    }
  }
}

}  // namespace
}  // namespace postern::store
