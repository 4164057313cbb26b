// What a Redis server may do to us: RDS-01 to RDS-07 of our catalogue of cases.
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/unit/io/redis/fake_server.hpp"
#include "tests/unit/io/redis/redis_server.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using Clock = std::chrono::steady_clock;
using test::FakeRedis;
using test::RedisServer;

constexpr Lifetime day = 24h;
const Time now{std::chrono::hours(24 * 365 * 56)};

Expected<Result, Failure> ask(RedisStore& store, const Operation& operation) {
  auto results = store.run({&operation, 1}, now);
  if (!results) return Unexpected<Failure>(results.error());
  return results->front();
}

std::unique_ptr<RedisServer> server_or_skip(const std::vector<std::string>& options = {}) {
  auto server = RedisServer::start(options);
  if (server == nullptr) WARN("skipped: redis-server not found");
  return server;
}

// Asks until it works again; false when it does not within seconds.
bool recovers(RedisStore& store) {
  const auto end = Clock::now() + 15s;
  while (Clock::now() < end) {
    if (ask(store, Get{"t/a"})) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

TEST_CASE("RDS-01: connection refused costs nothing, and it recovers by itself", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisStore store(server->options());
  CHECK(ask(store, Put{"t/a", "x", day}).has_value());
  server->kill();
  const auto begin = Clock::now();
  for (int i = 0; i < 1000; ++i) {
    const auto result = ask(store, Get{"t/a"});
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().kind == Failure::Kind::unavailable);
    CHECK(result.error().text.starts_with("redis+unix:"));
  }
  CHECK(Clock::now() - begin < 1s);
  server->restart();
  CHECK(recovers(store));
}

TEST_CASE("RDS-02: a silent server costs one deadline, then nothing", "[redis]") {
  const FakeRedis server(FakeRedis::Mode::silent);
  RedisOptions options = server.options();
  options.timeout = 100ms;
  RedisStore store(options);
  const auto begin = Clock::now();
  CHECK_FALSE(ask(store, Get{"t/a"}).has_value());
  const auto first = Clock::now() - begin;
  CHECK(first >= 90ms);
  CHECK(first < 1s);
  // 32 threads at once: none waits for longer than its deadline.
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&store] { static_cast<void>(ask(store, Get{"t/a"})); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(Clock::now() - begin < 2s);
  CHECK(server.connections() <= 3);
}

TEST_CASE("RDS-02: a server that drips keeps nobody beyond the deadline", "[redis]") {
  const FakeRedis server(FakeRedis::Mode::drip);
  RedisOptions options = server.options();
  options.timeout = 150ms;
  RedisStore store(options);
  const auto begin = Clock::now();
  const auto result = ask(store, Get{"t/a"});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().text.find("in time") != std::string::npos);
  CHECK(Clock::now() - begin >= 140ms);
  CHECK(Clock::now() - begin < 1s);
}

TEST_CASE("RDS-02: a server that stops, and goes on", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisOptions options = server->options();
  options.timeout = 100ms;
  RedisStore store(options);
  CHECK(ask(store, Put{"t/a", "x", day}).has_value());
  server->pause();
  CHECK_FALSE(ask(store, Get{"t/a"}).has_value());
  server->resume();
  CHECK(recovers(store));
}

TEST_CASE("RDS-03: errors are failures, not data", "[redis]") {
  struct Case {
    const char* error;
    Failure::Kind kind;
    const char* text;
  };
  const Case cases[] = {
      {"-LOADING Redis is loading the dataset in memory", Failure::Kind::unavailable, "loading"},
      {"-OOM command not allowed when used memory > 'maxmemory'.", Failure::Kind::full,
       "maxmemory"},
      {"-READONLY You can't write against a read only replica.", Failure::Kind::unavailable,
       "read-only"},
      {"-NOAUTH Authentication required.", Failure::Kind::unavailable, "password"},
      {"-MOVED 3999 192.0.2.7:6381", Failure::Kind::unavailable, "cluster"},
      {"+OK", Failure::Kind::unavailable, "not understood"},
      {"*1\r\n$1\r\n0\r\n*1\r\n$1\r\n0", Failure::Kind::unavailable, "more than it was asked"},
      {":5", Failure::Kind::unavailable, "not understood"},
      {"$-1", Failure::Kind::unavailable, "not understood"},
      {"*-1", Failure::Kind::unavailable, "not understood"},
      {"HTTP/1.1 400 Bad Request", Failure::Kind::unavailable, "protocol"},
      {"*1\r\n$5\r\nab", Failure::Kind::unavailable, "in time"},
  };
  for (const Case& c : cases) {
    const FakeRedis server(FakeRedis::Mode::answer, std::string(c.error) + "\r\n");
    RedisStore store(server.options());
    const auto result = ask(store, Add{"t/a", 1, day});
    INFO(c.error);
    REQUIRE_FALSE(result.has_value());
    INFO(result.error().text);
    CHECK(result.error().kind == c.kind);
    CHECK(result.error().text.find(c.text) != std::string::npos);
  }
}

TEST_CASE("RDS-03: a real server without memory, and one that only reads", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisStore store(server->options());
  CHECK(ask(store, Put{"t/a", "x", day}).has_value());
  server->command({"CONFIG", "SET", "maxmemory", "1"});
  for (const Operation& operation : {Operation(Put{"t/b", "x", day}), Operation(Add{"t/n", 1, day}),
                                     Operation(Take{"t/l", Take::Algorithm::gcra, 5, 1h, 1, ""})}) {
    const auto result = ask(store, operation);
    REQUIRE_FALSE(result.has_value());
    INFO(result.error().text);
    CHECK(result.error().kind == Failure::Kind::full);
  }
  CHECK(ask(store, Get{"t/a"}).value() == Result(Value{"x"}));
  server->command({"CONFIG", "SET", "maxmemory", "0"});
  CHECK(ask(store, Put{"t/b", "x", day}).has_value());

  server->command({"REPLICAOF", "127.0.0.1", "1"});
  const auto result = ask(store, Put{"t/b", "y", day});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().text.find("read-only") != std::string::npos);
  server->command({"REPLICAOF", "NO", "ONE"});
  CHECK(recovers(store));
  CHECK(ask(store, Put{"t/b", "y", day}).has_value());
}

TEST_CASE("RDS-04: what is not ours counts as absent, and is counted", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisStore store(server->options());
  const std::string key = "postern:t/k";
  const std::vector<redis::Command> foreign = {
      {"SET", key, "somebody's"},
      {"SET", key, ""},
      {"SET", key, "P1"},
      {"RPUSH", key, "1", "2"},
      {"SADD", key, "x"},
      {"ZADD", key, "1", "x"},
      {"HSET", key, "other", "1"},
      {"HSET", key, "P1c", "x1"},
      {"XADD", key, "*", "a", "b"},
      {"HSET", key, "P1c", "99999999999999999999999"},
      {"SET", key, "P1g1 2 3"},
      {"SET", key, "P1gx y z w"},
      {"SET", key, "P1gnan nan nan nan"},
      {"SET", key, "P1s1e999 1e999"},
      {"SET", key, "P1w1 2 3 4 5"},
  };
  const Operation operations[] = {
      Get{"t/k"},
      PutIfAbsent{"t/k", "new", day},
      Add{"t/k", 2, day},
      Take{"t/k", Take::Algorithm::gcra, 5, 1h, 1, ""},
      Take{"t/k", Take::Algorithm::sliding_window, 5, 1h, 1, ""},
      Accumulate{"t/k", {1}, 1h, day},
      Put{"t/k", "v", day},
      Erase{"t/k"},
  };
  for (const auto& make : foreign) {
    for (const Operation& operation : operations) {
      server->command({"DEL", key});
      server->command(make);
      const auto result = ask(store, operation);
      INFO(make[0] << " " << make[2] << ", operation " << operation.index());
      if (!result) FAIL(result.error().text);
      if (const auto* value = std::get_if<Value>(&*result)) CHECK_FALSE(value->value.has_value());
      if (const auto* number = std::get_if<Number>(&*result)) CHECK(number->number == 2);
      if (const auto* admission = std::get_if<Admission>(&*result)) {
        CHECK(admission->remaining <= 4);
        CHECK(admission->retry_after <= 3h);
      }
      if (const auto* sums = std::get_if<Sums>(&*result)) CHECK(sums->sums.size() == 1);
      std::string cursor;
      CHECK(store.scan("t/", cursor, 100, now).has_value());
    }
  }
  CHECK(store.statistics()->unreadable >= 40);
}

TEST_CASE("RDS-06: a server that was emptied, or has forgotten the script", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisStore store(server->options());
  CHECK(ask(store, Add{"t/n", 5, day}).has_value());
  server->command({"FLUSHALL"});
  CHECK(ask(store, Add{"t/n", 1, day}).value() == Result(Number{1}));
  server->command({"SCRIPT", "FLUSH"});
  const Operation batch[] = {Add{"t/n", 1, day}, Add{"t/n", 1, day}, Get{"t/x"}};
  const auto results = store.run(batch, now);
  REQUIRE(results.has_value());
  CHECK(results->at(1) == Result(Number{3}));
  server->restart();
  CHECK(recovers(store));
  CHECK(ask(store, Add{"t/n", 1, day}).value() == Result(Number{1}));
}

TEST_CASE("RDS-07: a batch that was cut off is not sent again", "[redis]") {
  const FakeRedis server(FakeRedis::Mode::close_after_read);
  RedisStore store(server.options());
  const auto result = ask(store, Add{"t/n", 1, day});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().text.find("closed the connection") != std::string::npos);
  CHECK(server.connections() == 1);
}

TEST_CASE("an idle connection that the server has closed is made anew without a failure",
          "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisStore store(server->options());
  CHECK(ask(store, Put{"t/a", "x", day}).has_value());
  server->command({"CLIENT", "KILL", "TYPE", "normal"});
  CHECK(ask(store, Get{"t/a"}).value() == Result(Value{"x"}));
}

}  // namespace
}  // namespace postern::io
