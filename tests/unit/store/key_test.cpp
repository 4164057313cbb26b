#include "lib/store/key.hpp"

#include <set>

#include "lib/store/hash.hpp"
#include "tests/support/catch.hpp"

namespace postern::store {
namespace {

TEST_CASE("bounded_key: parts are joined, and escaped so that they cannot be mistaken", "[store]") {
  CHECK(bounded_key("g/", {"a@example.org", "192.0.2.1"}) == "g/a@example.org|192.0.2.1");
  CHECK(bounded_key("g/", {}) == "g/");
  CHECK(bounded_key("g/", {"a|b", "%7c\r\n\x7f"}) == "g/a%7cb|%257c%0d%0a%7f");
  CHECK(bounded_key("g/", {"\xc3\xa4 "}) == "g/%c3%a4%20");
  const std::set<std::string> keys = {
      bounded_key("g/", {"a|b"}),        bounded_key("g/", {"a", "b"}),
      bounded_key("g/", {"a", "", "b"}), bounded_key("g/", {"a%7cb"}),
      bounded_key("g/", {"", "a|b"}),    bounded_key("g/", {"a|b", ""}),
  };
  CHECK(keys.size() == 6);
}

TEST_CASE("bounded_key: long keys are cut, and stay different", "[store]") {
  const std::string longest(max_key_size - 3, 'x');
  CHECK(bounded_key("g/", {longest}) == "g/" + longest);
  const std::string a = bounded_key("g/", {longest + "a"});
  const std::string b = bounded_key("g/", {longest + "b"});
  const std::string much(100000, 'x');
  for (const std::string& key : {a, b, bounded_key("g/", {much, "1"}), bounded_key("g/", {much})}) {
    CHECK(key.size() == max_key_size);
    CHECK(key.starts_with("g/xxx"));
    CHECK(key[max_key_size - 33] == '~');
  }
  CHECK(a != b);
  CHECK(a == bounded_key("g/", {longest + "a"}));
  // No key that is not cut is as long, so none can be made to equal one that is.
  CHECK(bounded_key("", {a}) != a);
}

TEST_CASE("fnv1a: the published vectors", "[store]") {
  CHECK(fnv1a("") == 0xcbf29ce484222325U);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8cU);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8U);
}

TEST_CASE("once_key: depends on both, and is bounded", "[store]") {
  Take take{"l/x"};
  take.once = "1";
  CHECK(once_key(take) == "o/l/x|1");
  take.key = std::string(max_key_size, 'k');
  take.once = std::string(5000, 'i');
  CHECK(once_key(take).size() == max_key_size);
}

}  // namespace
}  // namespace postern::store
