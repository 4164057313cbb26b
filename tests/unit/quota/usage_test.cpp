#include "lib/quota/usage.hpp"

#include "tests/support/catch.hpp"

namespace postern::quota {
namespace {

Usage full_usage() {
  Usage usage;
  usage.user = "alice@example.org";
  usage.time = Instant(std::chrono::microseconds(5));
  usage.storage = {5120, 10240};
  usage.messages = {12, 100};
  usage.grace = 1024;
  usage.session = Instant(std::chrono::microseconds(3));
  usage.is_certain = false;
  usage.host = "mx.example.org";
  return usage;
}

TEST_CASE("parse_usage: a whole line", "[quota]") {
  const auto usage = parse_usage(
      "quota1 user=alice@example.org time=5 storage=5120/10240 messages=12/100 grace=1024 "
      "session=3 certain=no host=mx.example.org later=x\n");
  REQUIRE(usage);
  CHECK(*usage == full_usage());
  CHECK(is_usage("quota1 user=a"));
  CHECK_FALSE(is_usage("quota12 user=a"));
  CHECK_FALSE(is_usage(""));
}

TEST_CASE("parse_usage: what is none", "[quota][security]") {
  const auto line = GENERATE(
      as<std::string>{}, "", "quota1", "quota1 user=a", "quota1 time=1", "quota2 user=a time=1",
      "quota1 user= time=1", "quota1 user=a time=-1", "quota1 user=a time=1 storage=5",
      "quota1 user=a time=1 storage=5/-1", "quota1 user=a time=1 messages=/5",
      "quota1 user=a time=1 grace=x", "quota1 user=a time=1 storage=9999999999999999999/1",
      "quota1 user=a time=1 host=", "quota1 user=a time=1 certain=yes",
      "quota1 user=a time=1 session=x", "quota1 user=a time=1 user=b", "quota1 user=%zz time=1",
      "quota1 user=" + std::string(256, 'a') + " time=1");
  const auto usage = parse_usage(line);
  REQUIRE_FALSE(usage);
  CHECK_FALSE(usage.error().problem.empty());
}

TEST_CASE("format: what was written is read again", "[quota]") {
  Usage usage = full_usage();
  usage.user = GENERATE(as<std::string>{}, "alice", "a b%c", "\xC3\xA4@example.org", "a\nb=c\r",
                        std::string(max_user_size, '%'));
  usage.host = GENERATE(as<std::string>{}, "", "mx");
  usage.storage.limit = GENERATE(0, max_amount);
  usage.is_certain = GENERATE(true, false);
  const std::string line = format(usage);
  CHECK(line.find('\n') == line.npos);
  CHECK(line.size() <= max_usage_size);
  const auto again = parse_usage(line);
  REQUIRE(again);
  CHECK(*again == usage);
}

TEST_CASE("is_full: as Dovecot decides about a delivery", "[quota]") {
  struct Case {
    Resource storage, messages;
    std::int64_t grace, size;
    bool full;
  };
  const auto given = GENERATE(values<Case>({
      {{0, 0}, {0, 0}, 0, 1'000'000, false},  // no limits
      {{99, 100}, {0, 0}, 0, 0, false},       // nobody says how large it is
      {{99, 100}, {0, 0}, 0, 1, false},       // fits exactly
      {{99, 100}, {0, 0}, 0, 2, true},        // one too many
      {{99, 100}, {0, 0}, 10, 11, false},     // in grace
      {{99, 100}, {0, 0}, 10, 12, true},      //
      {{100, 100}, {0, 0}, 10, 0, true},      // reached: there is no grace any more
      {{150, 100}, {0, 0}, 1000, 0, true},    //
      {{0, 0}, {5, 5}, 0, 1, true},           // messages
      {{0, 0}, {4, 5}, 0, 1'000'000, false},  //
      {{max_amount, max_amount}, {0, 0}, max_amount, max_amount, true},
      {{0, max_amount}, {0, 0}, max_amount, max_amount, false},
  }));
  Usage usage = full_usage();
  usage.storage = given.storage;
  usage.messages = given.messages;
  usage.grace = given.grace;
  CHECK(is_full(usage, given.size) == given.full);
}

TEST_CASE("percent: the fuller resource", "[quota]") {
  Usage usage = full_usage();
  CHECK(percent(usage) == 50);
  usage.messages = {99, 100};
  CHECK(percent(usage) == 99);
  usage.storage.limit = usage.messages.limit = 0;
  CHECK(percent(usage) == 0);
  usage.storage = {max_amount, 1};
  CHECK(percent(usage) >= 100);
}

TEST_CASE("describe: for people", "[quota]") {
  Usage usage = full_usage();
  CHECK(describe(usage) == "5 KiB of 10 KiB, 12 of 100 messages");
  usage.messages = {1, 0};
  usage.storage = {4'590'000'000, 0};
  CHECK(describe(usage) == "4.2 GiB, 1 message");
  usage.storage = {999, max_amount};
  CHECK(describe(usage) == "999 B of 1024 PiB, 1 message");
}

}  // namespace
}  // namespace postern::quota
