#include "lib/store/timeline.hpp"

#include "tests/support/catch.hpp"

namespace postern::store {
namespace {

using namespace std::chrono_literals;

const Time start{std::chrono::hours(24 * 365 * 56)};
constexpr auto year = std::chrono::hours(24 * 365);

TEST_CASE("continued: within a boot, the wall clock does not matter", "[store]") {
  const Timeline first = continued(nullptr, "boot", 100s, start);
  CHECK(first.at(100s) == start);
  CHECK(first.at(160s) == start + 60s);
  for (const Time wall : {start + 60s, start - 1h, start + 10 * year, Time{}}) {
    const Timeline later = continued(&first, "boot", 160s, wall);
    CHECK(later.at(160s) == start + 60s);
    CHECK(later.offset == first.offset);
  }
}

TEST_CASE("continued: from boot to boot, it goes on by the wall clock, within bounds", "[store]") {
  Timeline saved = continued(nullptr, "boot", 100s, start);
  saved.last_wall = start + 5min;
  saved.last_store = start + 1min;  // the clock was set while the host was up
  struct Case {
    Time wall;
    Lifetime gone;
  };
  const Case cases[] = {
      {start + 65min, 1h}, {start - 10 * year, 0ms}, {start + 10 * year, Timeline::max_gap}};
  for (const Case& c : cases) {
    const Timeline next = continued(&saved, "other", 7s, c.wall);
    CHECK(next.at(7s) == saved.last_store + c.gone);
    CHECK(next.boot_id == "other");
    CHECK(next.last_wall == c.wall);
    CHECK(next.last_store == next.at(7s));
  }
}

TEST_CASE("continued: time since boot that differs between namespaces does little harm",
          "[store]") {
  Timeline saved = continued(nullptr, "boot", 100s, start);
  saved.last_store = saved.at(200s);
  CHECK(continued(&saved, "boot", 5s, start).at(5s) == saved.last_store);
  CHECK(continued(&saved, "boot", 10 * year, start).at(10 * year) ==
        saved.last_store + Timeline::max_gap);
}

}  // namespace
}  // namespace postern::store
