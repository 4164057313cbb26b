#include "lib/antivirus/result_cache.hpp"

#include "tests/support/catch.hpp"

namespace postern::antivirus {
namespace {

Object object(char digit, ObjectKind kind = ObjectKind::attachment) {
  return {kind, 10, std::string(64, digit)};
}

}  // namespace

TEST_CASE("result cache: remembers by kind and digest") {
  ResultCache cache(10);
  cache.add(object('a'), {Result::infected, "Virus"});
  const Outcome* const known = cache.find(object('a'));
  REQUIRE(known != nullptr);
  CHECK(known->result == Result::infected);
  CHECK(known->name == "Virus");
  CHECK(cache.find(object('b')) == nullptr);
  CHECK(cache.find(object('a', ObjectKind::message)) == nullptr);
  cache.clear();
  CHECK(cache.find(object('a')) == nullptr);
  CHECK(cache.size() == 0);
}

TEST_CASE("result cache: remembers facts only") {
  ResultCache cache(10);
  cache.add(object('a'), {Result::unscannable, "took too long"});
  cache.add(object('b'), {Result::temperror, ""});
  cache.add(object('c'), {Result::skipped, "memory"});
  CHECK(cache.size() == 0);
  cache.add(object('d'), {Result::clean, ""});
  cache.add(object('e'), {Result::macro, "x"});
  cache.add(object('f'), {Result::encrypted, "x"});
  CHECK(cache.size() == 3);
}

TEST_CASE("result cache: never knows what has no digest") {
  ResultCache cache(10);
  const Object object{ObjectKind::message, 10, ""};
  cache.add(object, {Result::infected, "x"});
  CHECK(cache.size() == 0);
  CHECK(cache.find(object) == nullptr);
}

TEST_CASE("result cache: forgets what was not asked for longest") {
  ResultCache cache(2);
  cache.add(object('a'), {});
  cache.add(object('b'), {});
  CHECK(cache.find(object('a')) != nullptr);
  cache.add(object('c'), {});
  CHECK(cache.find(object('b')) == nullptr);
  CHECK(cache.find(object('a')) != nullptr);
  CHECK(cache.find(object('c')) != nullptr);
  cache.set_capacity(1);
  CHECK(cache.size() == 1);
  cache.set_capacity(0);
  cache.add(object('d'), {});
  CHECK(cache.size() == 0);
}

}  // namespace postern::antivirus
