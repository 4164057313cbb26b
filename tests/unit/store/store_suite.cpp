#include "tests/unit/store/store_suite.hpp"

#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::test {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;

constexpr Lifetime day = 24h;

std::set<std::string> scan_all(StoreFixture& fixture, const std::string& prefix,
                               std::size_t limit) {
  std::set<std::string> keys;
  std::string cursor;
  int calls = 0;
  do {
    const auto items = fixture.store().scan(prefix, cursor, limit, fixture.now);
    REQUIRE(items.has_value());
    for (const Item& item : *items) keys.insert(item.key);
    REQUIRE(++calls < 10000);
  } while (!cursor.empty());
  return keys;
}

bool nearly(double a, double b) {
  return std::fabs(a - b) <= 1e-9 * std::max({1.0, std::fabs(a), std::fabs(b)});
}

void check_same(const Result& result, const Result& expected) {
  const auto* sums = std::get_if<Sums>(&expected);
  if (sums == nullptr) {
    CHECK((result == expected));
    return;
  }
  const auto* other = std::get_if<Sums>(&result);
  REQUIRE(other != nullptr);
  REQUIRE(other->sums.size() == sums->sums.size());
  for (std::size_t i = 0; i < sums->sums.size(); ++i) {
    CHECK(nearly(other->sums[i], sums->sums[i]));
  }
}

class RandomOperations {
 public:
  explicit RandomOperations(unsigned seed) : random_(seed) {}

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  Operation next() {
    const std::string key = "t/" + std::to_string(below(6));
    switch (below(9)) {
      case 0: return Get{key};
      case 1: return Put{key, text(), day, below(2) == 0};
      case 2: return PutIfAbsent{key, text(), day + Lifetime(below(1000)), below(2) == 0};
      case 3: return Add{key, delta(), day};
      case 4: return Accumulate{key, deltas(), Lifetime(1 + below(100000)), day};
      case 5: return Erase{key};
      default: return take(key);
    }
  }

 private:
  std::string text() {
    std::string bytes(below(40), ' ');
    for (char& c : bytes) c = static_cast<char>(below(256));
    return bytes;
  }
  std::int64_t delta() {
    constexpr std::int64_t edges[] = {1, -1, 1000, std::numeric_limits<std::int64_t>::max(),
                                      std::numeric_limits<std::int64_t>::min()};
    return edges[below(5)];
  }
  std::vector<double> deltas() {
    std::vector<double> result(1 + below(3));
    const bool zero = below(4) == 0;
    for (double& d : result) d = zero ? 0 : static_cast<double>(below(2000)) / 7 - 100;
    return result;
  }
  Take take(const std::string& key) {
    constexpr std::uint64_t amounts[] = {0, 1, 3, 10, 1000, 123456789012345};
    Take result{key};
    result.algorithm = below(2) == 0 ? Take::Algorithm::gcra : Take::Algorithm::sliding_window;
    result.amount = amounts[below(6)];
    // Not so short that they end by the clock of a server.
    constexpr std::int64_t periods[] = {60000, 77777, 600000, 3600000};
    result.period = Lifetime(periods[below(4)]);
    result.cost = below(8) == 0 ? result.amount + 1 : below(4);
    if (below(4) == 0) result.once = "once" + std::to_string(below(5));
    return result;
  }

  std::mt19937 random_;
};

void check_counters(StoreFixture& fixture) {
  using Limits = std::numeric_limits<std::int64_t>;
  CHECK(fixture.ask_for<Number>(Add{"t/n", 5, day}).number == 5);
  CHECK(fixture.ask_for<Number>(Add{"t/n", -7, day}).number == -2);
  CHECK(fixture.ask_for<Number>(Add{"t/n", 0, day}).number == -2);
  CHECK(fixture.ask_for<Number>(Add{"t/n", Limits::max(), day}).number == Limits::max() - 2);
  CHECK(fixture.ask_for<Number>(Add{"t/n", 10, day}).number == Limits::max());
  CHECK(fixture.ask_for<Number>(Add{"t/n", Limits::min(), day}).number == -1);
  CHECK(fixture.ask_for<Number>(Add{"t/n", Limits::min(), day}).number == Limits::min());
  CHECK_FALSE(fixture.ask_for<Value>(Get{"t/n"}).value.has_value());
}

void check_once(StoreFixture& fixture) {
  Take take{"t/once", Take::Algorithm::gcra, 2, 1h, 1, "instance|1"};
  CHECK(fixture.ask_for<Admission>(take) == Admission{true, 1, 0ms});
  CHECK(fixture.ask_for<Admission>(take) == Admission{true, 1, 0ms});
  take.once = "instance|2";
  CHECK(fixture.ask_for<Admission>(take) == Admission{true, 0, 0ms});
  take.once = "instance|3";
  const auto denied = fixture.ask_for<Admission>(take);
  CHECK_FALSE(denied.admitted);
  CHECK(denied.retry_after == 30min);
  fixture.advance(1min);
  CHECK(fixture.ask_for<Admission>(take) == denied);
  take.once.clear();
  CHECK(fixture.ask_for<Admission>(take) == Admission{false, 0, 29min});
}

void check_bounds(StoreFixture& fixture) {
  const std::string long_key(max_key_size + 1, 'k');
  const std::string big(max_value_size + 1, 'v');
  for (const std::string& key : {std::string(), long_key}) {
    CHECK(fixture.ask(Put{key, "x", day}) == Result(Done{}));
    CHECK(fixture.ask(Get{key}) == Result(Value{}));
    CHECK(fixture.ask_for<Number>(Add{key, 3, day}).number == 3);
    CHECK(fixture.ask_for<Admission>(Take{key, Take::Algorithm::gcra, 5, 1h, 1, ""}).admitted);
    CHECK(fixture.ask(Erase{key}) == Result(Done{}));
  }
  CHECK(fixture.ask(Put{"t/big", big, day}) == Result(Done{}));
  CHECK(fixture.ask(Get{"t/big"}) == Result(Value{}));
  const std::string most(max_value_size, '\0');
  const std::string longest(max_key_size, '\xff');
  CHECK(fixture.ask(Put{longest, most, day}) == Result(Done{}));
  CHECK(fixture.ask_for<Value>(Get{longest}).value == most);
}

void check_batch(StoreFixture& fixture) {
  const std::vector<Operation> batch = {Put{"t/b", "1", day},
                                        Get{"t/b"},
                                        Erase{"t/b"},
                                        Get{"t/b"},
                                        PutIfAbsent{"t/b", "2", day},
                                        PutIfAbsent{"t/b", "3", day}};
  const auto results = fixture.store().run(batch, fixture.now);
  REQUIRE(results.has_value());
  const std::vector<Result> expected = {Done{}, Value{"1"}, Done{}, Value{}, Value{}, Value{"2"}};
  CHECK((*results == expected));
  const auto none = fixture.store().run({}, fixture.now);
  REQUIRE(none.has_value());
  CHECK(none->empty());
}

}  // namespace

Result StoreFixture::ask(const Operation& operation) {
  const auto results = store().run({&operation, 1}, now);
  if (!results) FAIL(results.error().text);
  REQUIRE(results->size() == 1);
  return results->front();
}

void check_operations(StoreFixture& fixture) {
  SECTION("values") {
    CHECK(fixture.ask(Get{"t/a"}) == Result(Value{}));
    CHECK(fixture.ask(Put{"t/a", std::string("a\0\r\n\xff", 5), day}) == Result(Done{}));
    CHECK(fixture.ask_for<Value>(Get{"t/a"}).value == std::string("a\0\r\n\xff", 5));
    CHECK(fixture.ask(Put{"t/a", "", day}) == Result(Done{}));
    CHECK(fixture.ask_for<Value>(Get{"t/a"}).value == "");
    CHECK(fixture.ask(Erase{"t/a"}) == Result(Done{}));
    CHECK(fixture.ask(Erase{"t/a"}) == Result(Done{}));
    CHECK(fixture.ask(Get{"t/a"}) == Result(Value{}));
  }
  SECTION("counters") {
    check_counters(fixture);
  }
  SECTION("sums") {
    const Accumulate both{"t/s", {4, -2}, 1h, day};
    CHECK(fixture.ask_for<Sums>(Accumulate{"t/s", {0, 0}, 1h, day}).sums ==
          std::vector<double>{0, 0});
    CHECK(fixture.ask_for<Sums>(both).sums == std::vector<double>{4, -2});
    fixture.advance(1h);
    check_same(fixture.ask(Accumulate{"t/s", {0, 0}, 1h, day}), Sums{{2, -1}});
    check_same(fixture.ask(both), Sums{{6, -3}});
    check_same(fixture.ask(Accumulate{"t/s", {0}, 1h, day}), Sums{{0}});
    check_same(fixture.ask(Accumulate{"t/s", {0, 0}, 1h, day}), Sums{{6, -3}});
    check_same(fixture.ask(Accumulate{"t/s", {1}, 1h, day}), Sums{{1}});
    const double infinity = std::numeric_limits<double>::infinity();
    check_same(fixture.ask(Accumulate{"t/s", {infinity}, 1h, day}), Sums{{1}});
    check_same(fixture.ask(Accumulate{"t/s", {1e308}, 1h, day}), Sums{{1e300}});
  }
  SECTION("limits: once") {
    check_once(fixture);
  }
  SECTION("limits: both algorithms, with the same key after each other") {
    Take take{"t/l", Take::Algorithm::gcra, 10, 10s, 4, ""};
    CHECK(fixture.ask_for<Admission>(take) == Admission{true, 6, 0ms});
    CHECK(fixture.ask_for<Admission>(take) == Admission{true, 2, 0ms});
    CHECK(fixture.ask_for<Admission>(take) == Admission{false, 2, 2s});
    fixture.advance(2s);
    CHECK(fixture.ask_for<Admission>(take) == Admission{true, 0, 0ms});
    take.algorithm = Take::Algorithm::sliding_window;
    CHECK(fixture.ask_for<Admission>(take) == Admission{true, 6, 0ms});
  }
  SECTION("keys and values at their bounds") {
    check_bounds(fixture);
  }
  SECTION("a batch is done in order") {
    check_batch(fixture);
  }
}

void check_lifetimes(StoreFixture& fixture) {
  SECTION("values end") {
    fixture.ask(Put{"t/short", "x", 100ms});
    fixture.ask(Put{"t/none", "x", 0ms});
    fixture.ask(Put{"t/long", "x", day});
    fixture.ask(Add{"t/count", 1, 100ms});
    CHECK(fixture.ask(Get{"t/none"}) == Result(Value{}));
    CHECK(fixture.ask_for<Value>(Get{"t/short"}).value == "x");
    fixture.pass(150ms);
    CHECK(fixture.ask(Get{"t/short"}) == Result(Value{}));
    CHECK(fixture.ask_for<Value>(Get{"t/long"}).value == "x");
    CHECK(fixture.ask_for<Number>(Add{"t/count", 1, 100ms}).number == 1);
    CHECK(scan_all(fixture, "t/", 10) == std::set<std::string>{"t/long", "t/count"});
  }
  SECTION("PutIfAbsent makes a life longer, never shorter") {
    fixture.ask(Put{"t/p", "x", 100ms});
    CHECK(fixture.ask_for<Value>(PutIfAbsent{"t/p", "y", 1h}).value == "x");
    CHECK(fixture.ask_for<Value>(PutIfAbsent{"t/p", "y", 10ms}).value == "x");
    fixture.pass(150ms);
    CHECK(fixture.ask_for<Value>(Get{"t/p"}).value == "x");
  }
  SECTION("each Add renews the life") {
    fixture.ask(Add{"t/n", 1, 100ms});
    fixture.ask(Add{"t/n", 1, 1h});
    fixture.pass(150ms);
    CHECK(fixture.ask_for<Number>(Add{"t/n", 1, 1h}).number == 3);
  }
  SECTION("scan finds all of a prefix, in pieces, and says when they end") {
    for (int i = 0; i < 50; ++i) fixture.ask(Put{"t/x" + std::to_string(i), "x", 1h});
    fixture.ask(Put{"u/[*]?", "other", 1h});
    fixture.ask(Add{"u/[*]n", 7, 1h});
    CHECK(scan_all(fixture, "t/x", 7).size() == 50);
    CHECK(scan_all(fixture, "t/x4", 100).size() == 11);
    CHECK(scan_all(fixture, "nothing/", 100).empty());
    std::string cursor;
    std::vector<Item> all;
    do {
      const auto items = fixture.store().scan("u/[*]", cursor, 10, fixture.now);
      REQUIRE(items.has_value());
      all.insert(all.end(), items->begin(), items->end());
    } while (!cursor.empty());
    REQUIRE(all.size() == 2);
    for (const Item& item : all) {
      CHECK(item.value == (item.key == "u/[*]n" ? "7" : "other"));
      CHECK(item.expires <= fixture.now + 1h);
      CHECK(item.expires > fixture.now + 59min);
    }
  }
  SECTION("sweep leaves what lives") {
    fixture.ask(Put{"t/short", "x", 50ms});
    fixture.ask(Put{"t/long", "x", 1h});
    fixture.pass(100ms);
    const auto removed = fixture.store().sweep(100, fixture.now);
    REQUIRE(removed.has_value());
    CHECK(*removed <= 1);
    CHECK(fixture.ask_for<Value>(Get{"t/long"}).value == "x");
    const auto statistics = fixture.store().statistics();
    REQUIRE(statistics.has_value());
    CHECK(statistics->items == 1);
    CHECK(statistics->bytes > 0);
  }
}

void check_same_as_memory(StoreFixture& fixture, unsigned seed, int operations) {
  MemoryStore memory;
  RandomOperations random(seed);
  for (int i = 0; i < operations; ++i) {
    const Operation operation = random.next();
    const auto expected = memory.run({&operation, 1}, fixture.now);
    REQUIRE(expected.has_value());
    INFO("operation " << i << " of kind " << operation.index() << ", seed " << seed);
    check_same(fixture.ask(operation), expected->front());
    if (random.below(3) == 0) fixture.advance(Lifetime(random.below(300)));
  }
}

void check_exact_limit(const std::vector<Store*>& stores, Time now) {
  constexpr int limit = 1000;
  constexpr int threads = 32;
  constexpr int tries = 60;
  std::atomic<int> admitted = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      Store& mine = *stores[static_cast<std::size_t>(t) % stores.size()];
      const Operation take = Take{"t/exact", Take::Algorithm::gcra, limit, day, 1, ""};
      for (int i = 0; i < tries; ++i) {
        const auto results = mine.run({&take, 1}, now);
        if (!results) {
          ++failed;
        } else if (std::get<Admission>(results->front()).admitted) {
          ++admitted;
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  CHECK(failed == 0);
  CHECK(admitted == limit);
}

}  // namespace postern::test
