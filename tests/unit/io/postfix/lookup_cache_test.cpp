// What is kept, and what goes first.
#include "lib/io/postfix/lookup_cache.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using namespace std::chrono_literals;
using recipients::Answer;

constexpr LookupCache::Time start{};

Answer found(const std::string& text) {
  return {Answer::Kind::found, text};
}

TEST_CASE("LookupCache: an answer until it expires", "[io]") {
  LookupCache cache(10, 1000);
  cache.keep({"t", "a"}, found("1"), start + 10s);
  REQUIRE(cache.find({"t", "a"}, start) != nullptr);
  CHECK(cache.find({"t", "a"}, start)->text == "1");
  CHECK(cache.find({"u", "a"}, start) == nullptr);
  CHECK(cache.find({"t", "a"}, start + 10s) == nullptr);
  CHECK(cache.size() == 0);
  cache.keep({"t", "a"}, found("1"), start + 10s);
  cache.keep({"t", "a"}, found("2"), start + 20s);
  CHECK(cache.size() == 1);
  CHECK(cache.find({"t", "a"}, start + 15s)->text == "2");
}

TEST_CASE("LookupCache: what was not asked for the longest time goes first", "[io]") {
  LookupCache cache(2, 1000);
  cache.keep({"t", "a"}, found("1"), start + 10s);
  cache.keep({"t", "b"}, found("2"), start + 10s);
  CHECK(cache.find({"t", "a"}, start) != nullptr);
  cache.keep({"t", "c"}, found("3"), start + 10s);
  CHECK(cache.find({"t", "b"}, start) == nullptr);
  CHECK(cache.find({"t", "a"}, start) != nullptr);
  CHECK(cache.find({"t", "c"}, start) != nullptr);
}

TEST_CASE("LookupCache: octets are bounded too", "[io]") {
  LookupCache cache(1000, 100);
  for (int i = 0; i < 50; ++i) cache.keep({"t", std::to_string(i)}, found("12345678"), start + 1s);
  CHECK(cache.size() <= 10);
  CHECK(cache.size() >= 8);
  cache.keep({"t", "long"}, found(std::string(200, 'x')), start + 1s);
  CHECK(cache.size() == 0);
  cache.keep({"t", "a"}, found("1"), start + 1s);
  CHECK(cache.find({"t", "a"}, start) != nullptr);
}

}  // namespace
}  // namespace postern::io
