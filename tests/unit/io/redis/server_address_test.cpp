#include "lib/io/redis/server_address.hpp"

#include "tests/support/catch.hpp"

namespace postern::io::redis {
namespace {

TEST_CASE("ServerAddress: as it stands in the configuration", "[redis]") {
  CHECK(ServerAddress{"/run/redis.sock", "", 6379, false, 0}.text() ==
        "redis+unix:/run/redis.sock");
  CHECK(ServerAddress{"", "db.example.org", 6379, false, 0}.text() ==
        "redis://db.example.org:6379");
  CHECK(ServerAddress{"", "2001:db8::1", 6380, true, 3}.text() == "rediss://[2001:db8::1]:6380");
}

}  // namespace
}  // namespace postern::io::redis
