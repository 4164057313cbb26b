// A store of ten million values: how long it takes to open, and what it holds in memory.
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <random>

#include "tests/unit/io/lmdb/support.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using test::LmdbFixture;
using Clock = std::chrono::steady_clock;

constexpr Lifetime day = 24h;
constexpr int entries = 10'000'000;
constexpr int batch_size = 500;
constexpr std::size_t max_bytes = std::size_t{8} << 30;
constexpr std::size_t bound_mib = 20;  // of what a store adds to its process; see bench/policy-run

// Like triplets: spread all over the tree.
std::string key_of(std::uint64_t number) {
  number = (number + 1) * 0x9e3779b97f4a7c15U;
  return "g/t/net:" + std::to_string(number) + "|ann@author.example|alice@example.org";
}

std::size_t resident_mib() {
  std::ifstream status("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  status >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) >> 20;
}

void fill(LmdbFixture& fixture) {
  for (int from = 0; from < entries; from += batch_size) {
    std::vector<Operation> batch;
    for (int i = from; i < from + batch_size; ++i) {
      const auto number = static_cast<std::uint64_t>(i);
      batch.emplace_back(PutIfAbsent{key_of(number), "1732310000000", 2 * day, true});
    }
    REQUIRE(fixture.store().run(batch, fixture.now).has_value());
    if (from % 100'000 == 0) fixture.opened->maintain();
  }
}

std::chrono::milliseconds time_to_open(LmdbFixture& fixture) {
  const auto begin = Clock::now();
  fixture.open();
  const auto taken = Clock::now() - begin;
  CHECK(fixture.opened->note().empty());
  CHECK(fixture.store().statistics()->items == entries);
  return std::chrono::duration_cast<std::chrono::milliseconds>(taken);
}

// Reads and writes here and there; the median of single ones.
std::chrono::microseconds time_to_look_up(LmdbFixture& fixture) {
  std::mt19937 random(1);
  std::vector<std::chrono::microseconds> taken;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = key_of(random() % entries);
    const auto begin = Clock::now();
    const auto before = fixture.ask_for<Value>(PutIfAbsent{key, "other", day, true});
    taken.push_back(std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin));
    CHECK(before.value == "1732310000000");
    if (i % 1000 == 0) fixture.opened->maintain();
  }
  std::nth_element(taken.begin(), taken.begin() + 10'000, taken.end());
  return taken[10'000];
}

// What a killed process leaves behind is checked page by page.
void leave_unclean(LmdbFixture& fixture) {
  fixture.opened.reset();
  const pid_t child = ::fork();
  if (child == 0) {
    fixture.open();
    fixture.ask(Put{key_of(1), "1732310000000", 2 * day, true});
    ::_exit(0);  // no destructor
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);
}

TEST_CASE("LmdbStore: ten million values open in seconds and take little memory", "[.][slow]") {
  const test::TemporaryDirectory disk(std::filesystem::temp_directory_path());
  LmdbFixture fixture(max_bytes);
  fixture.options.file = disk.file();
  const std::size_t before = resident_mib();
  fill(fixture);
  const auto clean = time_to_open(fixture);
  const auto look_up = time_to_look_up(fixture);
  const std::size_t resident = resident_mib() - before;
  leave_unclean(fixture);
  const auto unclean = time_to_open(fixture);
  const std::size_t peak = resident_mib() - before;
  WARN("opened in " << clean.count() << " ms, after a kill in " << unclean.count() << " ms; "
                    << look_up.count() << " us a look-up; " << resident << " MiB, " << peak
                    << " MiB after the check; file "
                    << (std::filesystem::file_size(fixture.options.file) >> 20) << " MiB");
  CHECK(clean < 5s);
  CHECK(unclean < 5s);
  CHECK(look_up < 1ms);
  CHECK(resident < bound_mib);
  CHECK(peak < bound_mib);
}

}  // namespace
}  // namespace postern::io
