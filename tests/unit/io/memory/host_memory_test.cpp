#include "lib/io/memory/host_memory.hpp"

#include <unistd.h>

#include "tests/support/catch.hpp"

namespace postern::io {

TEST_CASE("host memory: a line of proc(5)") {
  const std::string text =
      "MemTotal:       24732540 kB\nMemAvailable:   22000000 kB\nRssAnon:\t 7 kB\n";
  CHECK(kilobytes_line(text, "MemAvailable") == 22'000'000ULL * 1024);
  CHECK(kilobytes_line(text, "RssAnon") == 7ULL * 1024);
  CHECK_FALSE(kilobytes_line(text, "Mem"));
  CHECK_FALSE(kilobytes_line("MemAvailable: many kB\n", "MemAvailable"));
  CHECK_FALSE(kilobytes_line("", "MemAvailable"));
}

TEST_CASE("host memory: what a control group leaves") {
  CHECK(room_in_group("1000\n", "400\n", "anon 100\ninactive_file 100\n") == 700U);
  CHECK(room_in_group("1000\n", "400\n", "") == 600U);
  CHECK(room_in_group("1000\n", "4000\n", "inactive_file 9000\n") == 1000U);
  CHECK(room_in_group("1000\n", "4000\n", "") == 0U);
  CHECK_FALSE(room_in_group("max\n", "400\n", ""));
  CHECK_FALSE(room_in_group("", "", ""));
}

TEST_CASE("host memory: this host and this process") {
  const auto available = available_memory();
  REQUIRE(available);
  CHECK(*available > 0);
  CHECK(anonymous_memory_of(::getpid()) > 0);
  CHECK(anonymous_memory_of(0x7ffffff0) == 0);
}

}  // namespace postern::io
