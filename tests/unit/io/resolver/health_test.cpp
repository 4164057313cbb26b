#include "lib/io/resolver/health.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

const Clock::time_point now{std::chrono::seconds{1000}};
const Clock::time_point later = now + std::chrono::seconds{1};

TEST_CASE("HealthMonitor: three domains in a row are down, one answer is up", "[resolver]") {
  HealthMonitor health;
  CHECK_FALSE(health.success(now));
  CHECK_FALSE(health.failure("a.example.org", later));
  CHECK_FALSE(health.failure("b.example.net", later));
  const auto down = health.failure("x\n.example.com", later);
  REQUIRE(down.has_value());
  CHECK_FALSE(down->up);
  CHECK(down->detail == "3 DNS questions failed in a row, last x\\010.example.com");
  CHECK_FALSE(health.failure("d.example.edu", later));
  const auto up = health.success(now);
  REQUIRE(up.has_value());
  CHECK(up->up);
  CHECK_FALSE(health.success(now));
}

TEST_CASE("HealthMonitor: one broken domain is not an outage, unless nothing else is asked",
          "[resolver]") {
  HealthMonitor health;
  for (unsigned i = 1; i < HealthMonitor::max_failures; ++i) {
    CHECK_FALSE(health.failure("n" + std::to_string(i) + ".broken.example", later));
  }
  CHECK(health.failure("broken.example", later).has_value());
}

TEST_CASE("HealthMonitor: an answer between failures starts the count again", "[resolver]") {
  HealthMonitor health;
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(health.failure("a.example.org", later));
    CHECK_FALSE(health.failure("example", later));
    CHECK_FALSE(health.success(now));
  }
}

TEST_CASE("HealthMonitor: failures of questions sent before the last answer are old news",
          "[resolver]") {
  HealthMonitor health;
  CHECK_FALSE(health.success(later));
  for (const char* name : {"a.example.org", "b.example.net", "c.example.com", "d.example.edu"}) {
    CHECK_FALSE(health.failure(name, now));
    CHECK_FALSE(health.failure(name, later));
  }
  const auto afterwards = later + std::chrono::seconds{1};
  CHECK_FALSE(health.failure("a.example.org", afterwards));
  CHECK_FALSE(health.failure("b.example.net", afterwards));
  CHECK(health.failure("c.example.com", afterwards).has_value());
}

}  // namespace
}  // namespace postern::io
