#include "lib/io/redis/circuit_breaker.hpp"

#include "tests/support/catch.hpp"

namespace postern::io::redis {
namespace {

using namespace std::chrono_literals;

TEST_CASE("CircuitBreaker: pauses double up to the longest, and end with a success", "[redis]") {
  CircuitBreaker breaker;
  CircuitBreaker::Clock::time_point now{1h};
  CHECK(breaker.allows(now));
  for (const auto pause : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
    breaker.failed(now);
    CHECK_FALSE(breaker.allows(now));
    CHECK_FALSE(breaker.allows(now + pause - 1ms));
    CHECK(breaker.allows(now + pause));
    now += pause;
  }
  breaker.succeeded();
  CHECK(breaker.allows(now));
  breaker.failed(now);
  CHECK(breaker.allows(now + 100ms));
}

}  // namespace
}  // namespace postern::io::redis
