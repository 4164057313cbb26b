#include <sys/wait.h>
#include <csignal>

#include <thread>

#include "tests/unit/io/lmdb/support.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using test::LmdbFixture;

constexpr Lifetime day = 24h;
constexpr int steady_count = 4000;

// ThreadSanitizer ends a child that starts threads.
#if defined(__SANITIZE_THREAD__)
constexpr bool can_fork = false;
#else
constexpr bool can_fork = true;
#endif

bool skip_without_fork() {
  if (!can_fork) WARN("skipped: ThreadSanitizer does not follow forks");
  return !can_fork;
}

template <typename Body>
pid_t start(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::_exit(body());
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Counts up a key of its own and the common one, and writes down how far it was answered.
int count(const LmdbOptions& options, Time now, int number, int limit, int report) {
  const auto store = LmdbStore::open(options, now);
  if (!store) return 1;
  for (std::int64_t i = 1; i <= limit; ++i) {
    const Operation batch[] = {Add{"t/" + std::to_string(number), 1, day}, Add{"t/all", 1, day}};
    const auto results = (*store)->run(batch, now);
    if (!results) return 2;
    const std::int64_t mine = std::get<Number>(results->front()).number;
    if (::write(report, &mine, sizeof mine) != static_cast<ssize_t>(sizeof mine)) return 3;
  }
  return 0;
}

TEST_CASE("processes: several count in one file, and nothing is lost", "[lmdb]") {
  if (skip_without_fork()) return;
  LmdbFixture fixture;
  fixture.options.background = true;
  fixture.options.checkpoint_interval = 5ms;
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(start([&] { return count(fixture.options, fixture.now, i, 300, ends[1]); }));
  }
  // After the forks: a thread may hold a lock, and what is forked then never gets it.
  std::thread drain([&] {
    char buffer[65536];
    while (::read(ends[0], buffer, sizeof buffer) > 0) {
    }
  });
  for (const pid_t child : children) CHECK(wait_for(child) == 0);
  ::close(ends[1]);
  drain.join();
  ::close(ends[0]);
  CHECK(fixture.ask_for<Number>(Add{"t/all", 0, day}).number == 1200);
  CHECK(fixture.ask_for<Number>(Add{"t/3", 0, day}).number == 300);
}

// SIGKILL at any moment: what was answered is there, the others go on, and no more than what was in
// flight is there besides.
void kill_often(int rounds) {
  LmdbFixture fixture;
  fixture.options.background = true;
  fixture.options.checkpoint_interval = 3ms;
  int ends[2] = {-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const pid_t steady = start([&] {
    ::close(ends[0]);
    int sink[2] = {-1, -1};
    if (::pipe(sink) != 0) return 9;
    std::thread([&] {
      char buffer[4096];
      while (::read(sink[0], buffer, sizeof buffer) > 0) {
      }
    }).detach();
    return count(fixture.options, fixture.now, 99, steady_count, sink[1]);
  });
  std::int64_t answered = 0;
  for (int round = 0; round < rounds; ++round) {
    int report[2] = {-1, -1};
    REQUIRE(::pipe(report) == 0);
    const pid_t victim = start([&] {
      ::close(report[0]);
      return count(fixture.options, fixture.now, 7, 1000000, report[1]);
    });
    ::close(report[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds(10 + round % 12 * 6));
    ::kill(victim, SIGKILL);
    CHECK(wait_for(victim) == 1000 + SIGKILL);
    std::int64_t number = 0;
    while (::read(report[0], &number, sizeof number) == static_cast<ssize_t>(sizeof number)) {
      CHECK(number > answered);
      CHECK(number <= answered + 2);  // one may have been done and not been told
      answered = number;
    }
    ::close(report[0]);
  }
  CHECK(wait_for(steady) == 0);
  ::close(ends[0]);
  ::close(ends[1]);
  const std::int64_t mine = fixture.ask_for<Number>(Add{"t/7", 0, day}).number;
  CHECK(mine >= answered);
  CHECK(mine <= answered + 1);
  CHECK(answered > rounds);
  CHECK(fixture.ask_for<Number>(Add{"t/99", 0, day}).number == steady_count);
  CHECK(fixture.ask_for<Number>(Add{"t/all", 0, day}).number == steady_count + mine);
  CHECK(fixture.corrupt_copies() == 0);
}

TEST_CASE("processes: SIGKILL loses nothing that was answered", "[lmdb]") {
  if (skip_without_fork()) return;
  kill_often(12);
}

TEST_CASE("processes: SIGKILL again and again loses nothing that was answered", "[.][slow]") {
  if (skip_without_fork()) return;
  kill_often(1000);
}

TEST_CASE("processes: a limit is never exceeded when takers are killed", "[lmdb]") {
  if (skip_without_fork()) return;
  LmdbFixture fixture;
  fixture.options.background = true;
  constexpr std::uint64_t limit = 1000;
  int report[2] = {-1, -1};
  REQUIRE(::pipe(report) == 0);
  const auto taker = [&] {
    const auto store = LmdbStore::open(fixture.options, fixture.now);
    if (!store) return 1;
    const Operation take = Take{"t/l", Take::Algorithm::gcra, limit, day, 1, ""};
    for (int denied = 0; denied < 50;) {
      const auto results = (*store)->run({&take, 1}, fixture.now);
      if (!results) return 2;
      if (!std::get<Admission>(results->front()).admitted) {
        ++denied;
      } else if (::write(report[1], "x", 1) != 1) {
        return 3;
      }
    }
    return 0;
  };
  int killed = 0;
  for (int round = 0; round < 6; ++round) {
    const pid_t child = start(taker);
    std::this_thread::sleep_for(10ms);
    ::kill(child, SIGKILL);
    killed += wait_for(child) == 0 ? 0 : 1;
  }
  std::vector<pid_t> last = {start(taker), start(taker)};
  for (const pid_t child : last) CHECK(wait_for(child) == 0);
  ::close(report[1]);
  std::int64_t told = 0;  // less than what a pipe holds
  for (char one = 0; ::read(report[0], &one, 1) == 1;) ++told;
  ::close(report[0]);
  CHECK(told <= static_cast<std::int64_t>(limit));
  CHECK(told >= static_cast<std::int64_t>(limit) - killed);  // taken, and killed before it was told
}

TEST_CASE("processes: one opens while another has it, and takes over checkpoints", "[lmdb]") {
  if (skip_without_fork()) return;
  LmdbFixture fixture;
  int go[2] = {-1, -1};
  int ready[2] = {-1, -1};
  REQUIRE(::pipe(go) == 0);
  REQUIRE(::pipe(ready) == 0);
  const pid_t first = start([&] {
    ::close(go[1]);
    const auto store = LmdbStore::open(fixture.options, fixture.now);
    if (!store) return 1;
    const Operation put = Put{"t/first", "x", day};
    if (!(*store)->run({&put, 1}, fixture.now)) return 2;
    char octet = 'r';
    if (::write(ready[1], &octet, 1) != 1) return 3;
    if (::read(go[0], &octet, 1) != 0) return 4;
    ::raise(SIGKILL);
    return 5;
  });
  ::close(go[0]);
  char octet = 0;
  REQUIRE(::read(ready[0], &octet, 1) == 1);
  fixture.open();
  const auto sequence = [&] { return test::read_file(fixture.options.file + "-checkpoint"); };
  const std::string before = sequence();
  fixture.ask(Put{"t/second", "y", day});
  fixture.opened->maintain();
  CHECK(sequence() == before);  // the first is elected
  ::close(go[1]);
  CHECK(wait_for(first) == 1000 + SIGKILL);
  fixture.ask(Put{"t/third", "z", day});
  CHECK(sequence() != before);  // before that write
  CHECK(fixture.ask_for<Value>(Get{"t/first"}).value == "x");
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace postern::io
