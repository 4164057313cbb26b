#include "lib/io/lmdb/lmdb_store.hpp"

#include <thread>

#include "tests/unit/io/lmdb/support.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using test::LmdbFixture;

constexpr Lifetime day = 24h;

TEST_CASE("LmdbStore: operations", "[lmdb]") {
  LmdbFixture fixture;
  test::check_operations(fixture);
}

TEST_CASE("LmdbStore: lifetimes", "[lmdb]") {
  LmdbFixture fixture;
  test::check_lifetimes(fixture);
}

TEST_CASE("LmdbStore: does what a store in memory does", "[lmdb]") {
  for (unsigned seed = 0; seed < 4; ++seed) {
    LmdbFixture fixture;
    test::check_same_as_memory(fixture, seed, 1500);
  }
}

TEST_CASE("LmdbStore: 32 threads, a limit of 1000, exactly 1000", "[lmdb]") {
  LmdbFixture fixture;
  fixture.options.background = true;
  fixture.options.checkpoint_interval = 20ms;
  test::check_exact_limit({&fixture.store()}, fixture.now);
}

TEST_CASE("LmdbStore: what was answered is there after opening again", "[lmdb]") {
  LmdbFixture fixture;
  fixture.ask(Put{"t/a", "kept", day});
  fixture.ask(Add{"t/n", 3, day});
  fixture.open();
  CHECK(fixture.opened->note().empty());
  CHECK(fixture.ask_for<Value>(Get{"t/a"}).value == "kept");
  CHECK(fixture.ask_for<Number>(Add{"t/n", 1, day}).number == 4);
  CHECK(fixture.corrupt_copies() == 0);
}

TEST_CASE("LmdbStore: a step of the wall clock expires nothing and locks nobody out", "[lmdb]") {
  LmdbFixture fixture;
  const Take take{"t/l", Take::Algorithm::gcra, 1, 1h, 1, ""};
  fixture.ask(Put{"t/a", "kept", 1h});
  CHECK(fixture.ask_for<Admission>(take).admitted);
  for (const Lifetime step : {Lifetime(-1h), Lifetime(24h * 365 * 10), Lifetime(-24h * 365 * 9)}) {
    fixture.now += step;
    CHECK(fixture.ask_for<Value>(Get{"t/a"}).value == "kept");
    CHECK(fixture.ask_for<Admission>(take) == Admission{false, 0, 1h});
    fixture.open();
    CHECK(fixture.ask_for<Value>(Get{"t/a"}).value == "kept");
    std::string cursor;
    const auto items = fixture.store().scan("t/a", cursor, 10, fixture.now);
    REQUIRE(items.has_value());
    CHECK(items->front().expires == fixture.now + 1h);
  }
  fixture.advance(1h);
  CHECK(fixture.ask(Get{"t/a"}) == Result(Value{}));
  CHECK(fixture.ask_for<Admission>(take).admitted);
}

TEST_CASE("LmdbStore: sweep removes what has ended, and finds what lives longer than it seemed",
          "[lmdb]") {
  LmdbFixture fixture;
  for (int i = 0; i < 1200; ++i) fixture.ask(Put{"t/" + std::to_string(i), "x", 1min});
  for (int i = 0; i < 100; ++i) fixture.ask(Add{"u/" + std::to_string(i), 1, 1min});
  fixture.advance(30s);
  for (int i = 0; i < 100; ++i) fixture.ask(Add{"u/" + std::to_string(i), 1, 1h});
  CHECK(fixture.store().sweep(10000, fixture.now).value() == 0);
  fixture.advance(31s);
  CHECK(fixture.store().sweep(700, fixture.now).value() == 700);
  CHECK(fixture.store().sweep(10000, fixture.now).value() == 500);
  CHECK(fixture.store().statistics().value().items == 100);
  CHECK(fixture.ask_for<Number>(Add{"u/7", 1, 1h}).number == 3);
  fixture.advance(2h);
  CHECK(fixture.store().sweep(10000, fixture.now).value() == 100);
  CHECK(fixture.store().statistics().value().items == 0);
}

// More than there is room for, of two kinds: those that live longer stay.
TEST_CASE("LmdbStore: when it gets full, what ends soonest goes first", "[lmdb]") {
  LmdbFixture fixture(LmdbOptions::min_bytes * 2);
  const std::string text(200, 'x');
  for (int i = 0; i < 500; ++i) fixture.ask(Put{"long/" + std::to_string(i), text, 100 * day});
  std::size_t removed = 0;
  for (int i = 0; i < 20000; i += 50) {
    std::vector<Operation> batch;
    for (int n = i; n < i + 50; ++n) {
      batch.emplace_back(Put{"short/" + std::to_string(n * 7919 % 20000), text, day});
    }
    REQUIRE(fixture.store().run(batch, fixture.now).has_value());
    if (i % 100 == 0) {
      fixture.opened->maintain();
      const auto swept = fixture.store().sweep(1000, fixture.now);
      REQUIRE(swept.has_value());
      removed += *swept;
    }
    if (i % 1000 == 0) fixture.advance(1min);
  }
  CHECK(removed > 10000);
  for (int i = 0; i < 500; ++i) {
    CHECK(fixture.ask_for<Value>(Get{"long/" + std::to_string(i)}).value == text);
  }
  const auto statistics = fixture.store().statistics();
  CHECK(statistics->bytes < statistics->max_bytes);
  CHECK(std::filesystem::file_size(fixture.options.file) <= LmdbOptions::min_bytes * 3);
}

std::string filler(const std::string& kind, int number) {
  return kind + "/" + std::to_string(number);
}

// Puts `count` values, as many as a flood of strangers writes, and sweeps as the daemon does.
void flood(LmdbFixture& fixture, const std::string& kind, int count, Lifetime lifetime) {
  for (int i = 0; i < count; i += 50) {
    std::vector<Operation> batch;
    for (int n = i; n < i + 50; ++n) {
      batch.emplace_back(PutIfAbsent{filler(kind, n), std::string(200, 'x'), lifetime, true});
    }
    REQUIRE(fixture.store().run(batch, fixture.now).has_value());
    if (i % 200 == 0) {
      fixture.opened->maintain();
      REQUIRE(fixture.store().sweep(1000, fixture.now).has_value());
    }
    fixture.advance(10ms);
  }
}

TEST_CASE("LmdbStore: when it gets full, expendable values go before all others, the oldest first",
          "[lmdb][security]") {
  LmdbFixture fixture(LmdbOptions::min_bytes);
  const Take limit{"limit", Take::Algorithm::gcra, 1, 1h, 1, ""};
  CHECK(fixture.ask_for<Admission>(limit).admitted);
  for (int i = 0; i < 300; ++i) {
    // What was expendable, and is not any more.
    fixture.ask(Put{filler("earned", i), "x", 2 * day, true});
    fixture.ask(Put{filler("earned", i), "x", 1h});
  }
  CHECK(fixture.opened->trouble().empty());
  flood(fixture, "flood", 10000, 2 * day);
  for (int i = 0; i < 300; ++i) {
    CHECK(fixture.ask_for<Value>(Get{filler("earned", i)}).value == "x");
  }
  CHECK_FALSE(fixture.ask_for<Admission>(limit).admitted);
  CHECK_FALSE(fixture.ask_for<Value>(Get{filler("flood", 0)}).value.has_value());
  for (int i = 9000; i < 10000; ++i) {
    CHECK(fixture.ask_for<Value>(Get{filler("flood", i)}).value.has_value());
  }
  CHECK(fixture.opened->trouble().find("raise store.max_size") != std::string::npos);
  CHECK(std::filesystem::file_size(fixture.options.file) <= LmdbOptions::min_bytes * 2);
  // All of it ends, expendable or not.
  fixture.advance(3 * day);
  while (fixture.store().sweep(1000, fixture.now).value() == 1000) {
  }
  CHECK(fixture.store().statistics().value().items == 0);
}

TEST_CASE("LmdbStore: an expendable value stays so as long as nobody wants it otherwise",
          "[lmdb]") {
  LmdbFixture fixture(LmdbOptions::min_bytes);
  fixture.ask(PutIfAbsent{"stays", "x", 1h, true});
  fixture.ask(PutIfAbsent{"stays", "y", 2h, true});
  fixture.ask(PutIfAbsent{"lasts", "x", 1h, true});
  fixture.ask(PutIfAbsent{"lasts", "y", 2h, false});
  fixture.ask(PutIfAbsent{"lasts", "z", 3h, true});
  flood(fixture, "flood", 6000, 2 * day);
  CHECK_FALSE(fixture.ask_for<Value>(Get{"stays"}).value.has_value());
  CHECK(fixture.ask_for<Value>(Get{"lasts"}).value == "x");
  fixture.advance(3h);
  CHECK_FALSE(fixture.ask_for<Value>(Get{"lasts"}).value.has_value());
}

TEST_CASE("LmdbStore: without sweeps and checkpoints of others, it makes room by itself",
          "[lmdb]") {
  LmdbFixture fixture(LmdbOptions::min_bytes);
  const std::string text(500, 'x');
  int failed = 0;
  for (int i = 0; i < 8000; i += 10) {
    std::vector<Operation> batch;
    for (int n = i; n < i + 10; ++n) {
      batch.emplace_back(Put{"t/" + std::to_string(n), text, day});
    }
    failed += fixture.store().run(batch, fixture.now).has_value() ? 0 : 1;
    fixture.advance(1ms);
  }
  CHECK(failed == 0);
  CHECK(fixture.ask_for<Value>(Get{"t/7999"}).value == text);
  fixture.open();
  CHECK(fixture.opened->note().empty());
}

TEST_CASE("LmdbStore: a file that was replaced or removed is opened anew", "[lmdb]") {
  LmdbFixture fixture;
  fixture.ask(Put{"t/a", "x", day});
  std::filesystem::remove(fixture.options.file);
  fixture.opened->maintain();
  CHECK(fixture.opened->trouble().empty());
  CHECK(fixture.ask(Get{"t/a"}) == Result(Value{}));
  fixture.ask(Put{"t/a", "y", day});
  fixture.open();
  CHECK(fixture.ask_for<Value>(Get{"t/a"}).value == "y");
}

TEST_CASE("LmdbStore: its thread makes checkpoints while others work, and ends", "[lmdb]") {
  LmdbFixture fixture;
  fixture.options.background = true;
  fixture.options.checkpoint_interval = 1ms;
  fixture.open();
  std::vector<std::thread> workers;
  for (int t = 0; t < 4; ++t) {
    workers.emplace_back([&fixture, t] {
      for (int i = 0; i < 300; ++i) {
        const std::string key = "t/" + std::to_string(t) + "/" + std::to_string(i);
        const Operation batch[] = {Put{key, "x", day}, Get{key}, Add{"t/n", 1, day}};
        static_cast<void>(fixture.opened->run(batch, fixture.now));
        const Operation get = Get{key};
        static_cast<void>(fixture.opened->run({&get, 1}, fixture.now));
        if (i % 50 == 0) static_cast<void>(fixture.opened->sweep(10, fixture.now));
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(fixture.ask_for<Number>(Add{"t/n", 0, day}).number == 1200);
  CHECK(fixture.store().statistics()->items == 1201);
  fixture.open();
  CHECK(fixture.store().statistics()->items == 1201);
}

}  // namespace
}  // namespace postern::io
