#include "lib/store/room.hpp"

#include "tests/support/catch.hpp"

namespace postern::store {
namespace {

TEST_CASE("Room: nothing goes while there is room", "[store]") {
  Room room;
  CHECK(room.excess(1000, 500, 1000) == 0);
  CHECK(room.excess(1000000, 840, 1000) == 0);
  CHECK_FALSE(room.is_short());
  CHECK(room.excess(5, 0, 0) == 0);
}

TEST_CASE("Room: the fuller it is the more goes, once", "[store]") {
  Room room;
  CHECK(room.excess(1000, 850, 1000) == 50);
  CHECK(room.excess(950, 850, 1000) == 0);
  CHECK(room.excess(960, 850, 1000) == 10);
  // Pages went on filling all the same: less is allowed.
  CHECK(room.excess(950, 900, 1000) == 95);
  CHECK(room.excess(855, 900, 1000) == 0);
  CHECK(room.excess(855, 1200, 1000) == 171);
}

TEST_CASE("Room: when there is room again, all may come", "[store]") {
  Room room;
  CHECK(room.excess(1000, 990, 1000) > 0);
  CHECK(room.is_short());
  CHECK(room.excess(1000, 790, 1000) == 0);
  CHECK_FALSE(room.is_short());
  CHECK(room.excess(2000, 840, 1000) == 0);
}

}  // namespace
}  // namespace postern::store
