#include "lib/store/settings.hpp"

#include "tests/support/catch.hpp"

namespace postern::store {
namespace {

using Kind = Address::Kind;

TEST_CASE("parse_address: every kind of store", "[store][config]") {
  struct Case {
    const char* text;
    Address address;
  };
  const Case cases[] = {
      {"lmdb:/var/lib/postern/x", {Kind::lmdb, "/var/lib/postern/x", "", 6379, 0}},
      {"redis://cache.example.org", {Kind::redis, "", "cache.example.org", 6379, 0}},
      {"redis://10.0.0.1:6380/3", {Kind::redis, "", "10.0.0.1", 6380, 3}},
      {"redis://[2001:db8::1]:7000/0", {Kind::redis, "", "2001:db8::1", 7000, 0}},
      {"redis://[2001:db8::1]", {Kind::redis, "", "2001:db8::1", 6379, 0}},
      {"rediss://cache.example.org/", {Kind::redis_tls, "", "cache.example.org", 6379, 0}},
      {"redis+unix:/run/redis.sock", {Kind::redis_unix, "/run/redis.sock", "", 6379, 0}},
      {"redis+unix:/run/redis.sock?db=2", {Kind::redis_unix, "/run/redis.sock", "", 6379, 2}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.text);
    const auto address = parse_address(one.text);
    REQUIRE(address);
    CHECK(*address == one.address);
  }
}

TEST_CASE("parse_address: what is wrong is said", "[store][config]") {
  for (const char* text : {"", "lmdb:", "lmdb:store", "redis://", "redis://:6379", "redis://h:0",
                           "redis://h:65536", "redis://h/x", "redis://user:pw@h/0", "mysql://h",
                           "redis+unix:run", "redis+unix:/run/x?db=", "/var/lib/postern"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_address(text));
  }
}

TEST_CASE("load_settings: defaults, and an error that names line and value", "[store][config]") {
  const auto defaults = load_settings({});
  REQUIRE(defaults);
  CHECK(defaults->address.path == "/var/lib/postern/policy/store.lmdb");
  const auto document = config::parse_document("[store]\nurl = \"mysql://x\"\n", "postern.toml");
  REQUIRE(document);
  const auto settings = load_settings(*document);
  REQUIRE_FALSE(settings);
  CHECK(settings.error().line == 2);
  CHECK(settings.error().text().find("mysql://x") != std::string::npos);
}

}  // namespace
}  // namespace postern::store
