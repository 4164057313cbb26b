#include "lib/antispam/text/deadline.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

Time busy, wall;
int looks = 0;  // at the dear clock

constexpr Clocks clocks{[] { return ++looks, busy; }, [] { return wall; }};
constexpr std::size_t much = 1'000'000;

void pass(milliseconds time) {
  busy += time;
  wall += time;
}

TEST_CASE("a deadline is over when the processor was busy for so long", "[antispam][deadline]") {
  Deadline deadline(clocks, milliseconds(100));
  const Deadline::Turn turn(deadline);
  CHECK_FALSE(deadline.is_over(much));
  wall += std::chrono::hours(1);  // others had the processor
  CHECK_FALSE(deadline.is_over(much));
  pass(milliseconds(101));
  CHECK(deadline.is_over(much));
  CHECK(deadline.is_message_over());
  deadline.begin_rule();
  CHECK(deadline.is_over(1));
}

TEST_CASE("a rule has a quarter of the budget, from when it was first looked at",
          "[antispam][deadline]") {
  Deadline deadline(clocks, milliseconds(100));
  const Deadline::Turn turn(deadline);
  pass(milliseconds(20));
  deadline.begin_rule();
  CHECK_FALSE(deadline.is_over(much));
  pass(milliseconds(25));
  CHECK_FALSE(deadline.is_over(much));
  pass(milliseconds(1));
  CHECK(deadline.is_over(much));
  CHECK_FALSE(deadline.is_message_over());
  deadline.begin_rule();
  CHECK_FALSE(deadline.is_over(much));
}

TEST_CASE("a deadline looks at a clock after some work, and at the dear one where time has passed",
          "[antispam][deadline]") {
  Deadline deadline(clocks, milliseconds(100));
  const Deadline::Turn turn(deadline);
  looks = 0;
  for (int i = 0; i < 1'000; ++i) CHECK_FALSE(deadline.is_over(much));
  CHECK(looks == 0);
  pass(milliseconds(200));
  CHECK_FALSE(deadline.is_over(1));  // has not looked
  CHECK(deadline.is_over(much));
  CHECK(looks == 1);
}

TEST_CASE("time between turns does not count", "[antispam][deadline]") {
  Deadline deadline(clocks, milliseconds(100));
  for (int i = 0; i < 2; ++i) {
    const Deadline::Turn turn(deadline);
    pass(milliseconds(40));
    deadline.begin_rule();
    CHECK_FALSE(deadline.is_over(much));
  }
  pass(milliseconds(1'000));  // another message on this thread
  const Deadline::Turn turn(deadline);
  deadline.begin_rule();
  CHECK_FALSE(deadline.is_over(much));
  pass(milliseconds(21));
  CHECK(deadline.is_over(much));
}

TEST_CASE("no budget: never over", "[antispam][deadline]") {
  Deadline without;
  Deadline unbounded(clocks, milliseconds(0));
  const Deadline::Turn turn(unbounded);
  pass(std::chrono::hours(1));
  CHECK_FALSE(without.is_over(much));
  CHECK_FALSE(unbounded.is_over(much));
}

}  // namespace
}  // namespace postern::antispam
