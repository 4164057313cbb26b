#include "lib/io/redis/server_address.hpp"

#include "tests/support/catch.hpp"

namespace postern::io::redis {
namespace {

TEST_CASE("parse_server_address: all forms", "[redis]") {
  struct Case {
    std::string_view text;
    ServerAddress address;
  };
  const Case cases[] = {
      {"unix:/run/redis/redis.sock", {"/run/redis/redis.sock", "", 6379, false, 0}},
      {"redis://db.example.org", {"", "db.example.org", 6379, false, 0}},
      {"redis://db.example.org:6380/3", {"", "db.example.org", 6380, false, 3}},
      {"rediss://192.0.2.1:6380/", {"", "192.0.2.1", 6380, true, 0}},
      {"rediss://[2001:db8::1]:6380/15", {"", "2001:db8::1", 6380, true, 15}},
      {"redis://[::1]", {"", "::1", 6379, false, 0}},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const auto address = parse_server_address(c.text);
    REQUIRE(address.has_value());
    CHECK(*address == c.address);
  }
  CHECK(cases[4].address.text() == "rediss://[2001:db8::1]:6380");
  CHECK(cases[0].address.text() == "unix:/run/redis/redis.sock");
}

TEST_CASE("parse_server_address: what is none, and why", "[redis]") {
  for (const std::string_view text :
       {"", "unix:", "unix:relative", "localhost", "http://x", "redis://", "redis://:6379",
        "redis://h:0", "redis://h:65536", "redis://h:1x", "redis://h/x", "redis://h/65536",
        "redis://[::1", "redis://[::1]x", "redis://a b", "redis://h:1:2"}) {
    INFO(text);
    const auto address = parse_server_address(text);
    REQUIRE_FALSE(address.has_value());
    CHECK(address.error().offset <= text.size());
  }
  CHECK_FALSE(parse_server_address("unix:/" + std::string(200, 'x')).has_value());
  const auto secret = parse_server_address("redis://user:secret@host");
  REQUIRE_FALSE(secret.has_value());
  CHECK(secret.error().problem == "user and password belong into settings of their own");
}

}  // namespace
}  // namespace postern::io::redis
