#include "lib/store/apply.hpp"

#include "lib/store/bounds.hpp"
#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::store {
namespace {

using namespace std::chrono_literals;

const Time start{std::chrono::hours(24 * 365 * 56)};

Result ask(Store& store, const Operation& operation, Time now) {
  return store.run({&operation, 1}, now).value().front();
}

TEST_CASE("only_reads: gets, and sums of zeros", "[store]") {
  CHECK(only_reads(Operation(Get{"a"})));
  CHECK(only_reads(Operation(Accumulate{"a", {0, 0}, 1h, 1h})));
  CHECK(only_reads(Operation(Accumulate{"a", {}, 1h, 1h})));
  CHECK_FALSE(only_reads(Operation(Accumulate{"a", {0, 1}, 1h, 1h})));
  CHECK_FALSE(only_reads(Operation(Take{"a"})));
  CHECK_FALSE(only_reads(Operation(Erase{"a"})));
}

TEST_CASE("apply: a value of another kind counts as absent", "[store]") {
  MemoryStore store;
  ask(store, Put{"k", "text", 1h}, start);
  CHECK(std::get<Number>(ask(store, Add{"k", 2, 1h}, start)).number == 2);
  CHECK_FALSE(std::get<Value>(ask(store, Get{"k"}, start)).value.has_value());
  CHECK(std::get<Sums>(ask(store, Accumulate{"k", {1}, 1h, 1h}, start)).sums.front() == 1);
  CHECK(std::get<Admission>(ask(store, Take{"k", Take::Algorithm::gcra, 3, 1h}, start)).remaining ==
        2);
  CHECK_FALSE(std::get<Value>(ask(store, PutIfAbsent{"k", "new", 1h}, start)).value.has_value());
  CHECK(std::get<Value>(ask(store, Get{"k"}, start)).value == "new");
}

TEST_CASE("apply: a clock set back an hour expires nothing, and keeps counting", "[store]") {
  MemoryStore store;
  ask(store, Put{"v", "x", 1min}, start);
  ask(store, Accumulate{"s", {8}, 1h, 24h}, start);
  const Time back = start - 1h;
  CHECK(std::get<Value>(ask(store, Get{"v"}, back)).value == "x");
  CHECK(std::get<Sums>(ask(store, Accumulate{"s", {1}, 1h, 24h}, back)).sums.front() == 9);
  const auto later = std::get<Sums>(ask(store, Accumulate{"s", {0}, 1h, 24h}, back + 1h));
  CHECK(later.sums.front() == 4.5);
}

TEST_CASE("apply: what is remembered of a Take ends after ten minutes", "[store]") {
  MemoryStore store;
  const Take take{"l", Take::Algorithm::gcra, 1000, 1000min, 100, "instance"};
  CHECK(std::get<Admission>(ask(store, take, start)).remaining == 900);
  CHECK(std::get<Admission>(ask(store, take, start + once_lifetime - 1ms)).remaining == 900);
  CHECK(std::get<Admission>(ask(store, take, start + once_lifetime)).remaining == 810);
}

TEST_CASE("apply: lifetimes are bounded", "[store]") {
  MemoryStore store;
  ask(store, Put{"k", "x", Lifetime::max()}, start);
  CHECK(std::get<Value>(ask(store, Get{"k"}, start + max_lifetime - 1ms)).value == "x");
  CHECK_FALSE(std::get<Value>(ask(store, Get{"k"}, start + max_lifetime)).value.has_value());
  ask(store, Put{"k", "x", 1h}, start);
  ask(store, Put{"k", "y", Lifetime::min()}, start);
  CHECK_FALSE(std::get<Value>(ask(store, Get{"k"}, start)).value.has_value());
}

}  // namespace
}  // namespace postern::store
