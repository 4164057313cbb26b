#include "lib/io/redis/redis_store.hpp"

#include <thread>

#include "tests/support/catch.hpp"
#include "tests/unit/io/redis/redis_server.hpp"
#include "tests/unit/store/store_suite.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using namespace postern::store;
using test::RedisServer;

constexpr Lifetime day = 24h;

// The server's clock cannot be set, so lifetimes are waited for.
struct RedisFixture final : test::StoreFixture {
  explicit RedisFixture(const RedisServer& server) : opened(server.options()) {}
  Store& store() override { return opened; }
  void pass(Lifetime duration) override {
    std::this_thread::sleep_for(duration);
    advance(duration);
  }
  RedisStore opened;
};

std::unique_ptr<RedisServer> server_or_skip(const std::vector<std::string>& options = {}) {
  auto server = RedisServer::start(options);
  if (server == nullptr) WARN("skipped: redis-server not found");
  return server;
}

TEST_CASE("RedisStore: operations", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisFixture fixture(*server);
  test::check_operations(fixture);
}

TEST_CASE("RedisStore: lifetimes", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisFixture fixture(*server);
  test::check_lifetimes(fixture);
}

TEST_CASE("RedisStore: does what a store in memory does", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  for (unsigned seed = 0; seed < 6; ++seed) {
    RedisFixture fixture(*server);
    server->command({"FLUSHALL"});
    test::check_same_as_memory(fixture, seed, 1500);
  }
}

TEST_CASE("RedisStore: 32 threads on two stores of one server, a limit of 1000, exactly 1000",
          "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisStore one(server->options());
  RedisStore two(server->options());
  RedisStore three(server->options());
  test::check_exact_limit({&one, &two, &three}, Time(std::chrono::hours(24 * 365 * 56)));
}

TEST_CASE("RedisStore: clocks that are set lock nobody out", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  for (const auto algorithm : {Take::Algorithm::gcra, Take::Algorithm::sliding_window}) {
    RedisFixture fixture(*server);
    server->command({"FLUSHALL"});
    const Take take{"t/l", algorithm, 10, 1min, 10, ""};
    CHECK(fixture.ask_for<Admission>(take).admitted);
    fixture.now -= 1h;
    CHECK(fixture.ask_for<Admission>(take).retry_after <= 2min);
    fixture.now += 24h * 365 * 10;
    CHECK(fixture.ask_for<Admission>(take).admitted);
    fixture.now -= 24h * 365 * 10;
    const auto denied = fixture.ask_for<Admission>(take);
    CHECK_FALSE(denied.admitted);
    CHECK(denied.retry_after <= 2min);
    fixture.now += denied.retry_after;
    CHECK(fixture.ask_for<Admission>(take).admitted);
  }
}

TEST_CASE("RedisStore: all keys have the prefix and an end", "[redis]") {
  const auto server = server_or_skip();
  if (server == nullptr) return;
  RedisFixture fixture(*server);
  fixture.ask(Put{"t/a", "x", day});
  fixture.ask(Add{"t/n", 1, day});
  fixture.ask(Accumulate{"t/s", {1}, day, day});
  fixture.ask(Take{"t/g", Take::Algorithm::gcra, 5, 1h, 1, "once"});
  fixture.ask(Take{"t/w", Take::Algorithm::sliding_window, 5, 1h, 1, ""});
  CHECK(server->command({"DBSIZE"}) == "6");
  for (const char* key : {"t/a", "t/n", "t/s", "t/g", "t/w", "o/t/g|once"}) {
    const std::string left = server->command({"PTTL", "postern:" + std::string(key)});
    INFO(key << " " << left);
    CHECK(std::stoll(left) > 0);
  }
  CHECK(fixture.store().sweep(10, fixture.now).value() == 0);
}

TEST_CASE("RedisStore: user, password, and database", "[redis]") {
  const auto server = server_or_skip({"--requirepass", "secret"});
  if (server == nullptr) return;
  RedisOptions options = server->options();
  const Operation put = Put{"t/a", "x", day};
  const Time now{};
  const auto refused = RedisStore(options).run({&put, 1}, now);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().text.find("wants a password") != std::string::npos);

  const std::string file = server->directory() + "/password";
  options.password_file = file;
  CHECK_FALSE(RedisStore(options).run({&put, 1}, now).has_value());
  FILE* stream = std::fopen(file.c_str(), "w");
  REQUIRE(stream != nullptr);
  std::fputs("wrong-secret\n", stream);
  std::fclose(stream);
  const auto wrong = RedisStore(options).run({&put, 1}, now);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().text.find("does not accept") != std::string::npos);
  CHECK(wrong.error().text.find("secret") == std::string::npos);

  stream = std::fopen(file.c_str(), "w");
  REQUIRE(stream != nullptr);
  std::fputs("secret\nsecond line\n", stream);
  std::fclose(stream);
  options.user = "default";
  options.server.database = 3;
  CHECK(RedisStore(options).run({&put, 1}, now).has_value());
  options.server.database = 0;
  RedisStore zero(options);
  const Operation get = Get{"t/a"};
  CHECK(zero.run({&get, 1}, now)->front() == Result(Value{}));
}

}  // namespace
}  // namespace postern::io
