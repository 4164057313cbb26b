#include "lib/io/resolver/answer_cache.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using dns::Status;
using dns::Type;
using std::chrono::milliseconds;
using std::chrono::seconds;

SharedAnswer text(std::string content) {
  dns::Answer answer;
  answer.status = Status::success;
  answer.texts.push_back(std::move(content));
  return std::make_shared<const dns::Answer>(std::move(answer));
}

const Clock::time_point start{seconds{1000}};

TEST_CASE("cache_time: TTLs are clamped both ways", "[resolver][security]") {
  struct Case {
    Status status;
    std::uint32_t ttl;
    int expected;
  };
  const std::vector<Case> cases = {
      {Status::success, 0, 0},
      {Status::success, 1, 1},
      {Status::success, 3600, 3600},
      {Status::success, 3601, 3600},
      {Status::success, 0x7fffffff, 3600},
      {Status::success, 0x80000000, 0},
      {Status::success, 0xffffffff, 0},
      {Status::nxdomain, 86400, 60},
      {Status::nxdomain, 5, 5},
      {Status::no_data, 0, 0},
      {Status::no_data, 0xffffffff, 0},
      {Status::servfail, 86400, 1},
      {Status::timeout, 86400, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(static_cast<int>(c.status), c.ttl);
    CHECK(cache_time(c.status, c.ttl) == seconds{c.expected});
  }
}

TEST_CASE("AnswerCache: an answer is found until its time is over", "[resolver]") {
  AnswerCache cache({});
  cache.insert({"example.org", Type::txt}, text("x"), 10, start);
  CHECK(cache.find({"example.org", Type::txt}, start + milliseconds(9999)) != nullptr);
  CHECK(cache.find({"example.org", Type::mx}, start) == nullptr);
  CHECK(cache.find({"example.net", Type::txt}, start) == nullptr);
  CHECK(cache.find({"example.org", Type::txt}, start + seconds(10)) == nullptr);
  CHECK(cache.entries() == 0);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("AnswerCache: a later answer replaces the earlier, or ends it with TTL zero",
          "[resolver]") {
  AnswerCache cache({});
  const dns::Question question{"example.org", Type::txt};
  cache.insert(question, text("old"), 10, start);
  cache.insert(question, text("new"), 10, start);
  REQUIRE(cache.find(question, start) != nullptr);
  CHECK(cache.find(question, start)->texts.front() == "new");
  CHECK(cache.entries() == 1);
  cache.insert(question, text("newest"), 0, start);
  CHECK(cache.find(question, start) == nullptr);
}

TEST_CASE("AnswerCache: bounded by entries, the least recently used goes first",
          "[resolver][security]") {
  AnswerCache cache({1 << 20, 3});
  for (const char* name : {"a", "b", "c"}) cache.insert({name, Type::txt}, text(name), 60, start);
  CHECK(cache.find({"a", Type::txt}, start) != nullptr);
  cache.insert({"d", Type::txt}, text("d"), 60, start);
  CHECK(cache.entries() == 3);
  CHECK(cache.find({"a", Type::txt}, start) != nullptr);
  CHECK(cache.find({"b", Type::txt}, start) == nullptr);
}

TEST_CASE("AnswerCache: bounded by bytes, whatever the size of an answer", "[resolver][security]") {
  AnswerCache cache({100000, 1000000});
  for (int i = 0; i < 1000; ++i) {
    cache.insert({"n" + std::to_string(i), Type::txt}, text(std::string(1000, 'x')), 60, start);
    REQUIRE(cache.bytes() <= 100000);
  }
  CHECK(cache.entries() > 50);
  CHECK(cache.entries() < 100);
  cache.insert({"huge", Type::txt}, text(std::string(200000, 'x')), 60, start);
  CHECK(cache.find({"huge", Type::txt}, start) == nullptr);
  CHECK(cache.entries() > 50);
}

}  // namespace
}  // namespace postern::io
