#include "lib/keyring/index.hpp"

#include "lib/keyring/choice.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/keyring.hpp"

namespace postern::keyring {
namespace {

using test::made_up_key;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("format_index: read back it is the same, whatever the order of adding", "[keyring]") {
  const Key keys[] = {made_up_key("example.org", "s2r", State::active, 5),
                      made_up_key("example.org", "s1e", State::retired, 6),
                      made_up_key("a.example", "s1r", State::revoked, 7),
                      made_up_key("example.org", "s1r", State::pending, 8)};
  const Index index = test::make_index({keys[0], keys[1], keys[2], keys[3]});
  CHECK(index == test::make_index({keys[3], keys[2], keys[1], keys[0]}));
  const std::string text = format_index(index);
  const auto again = parse_index(text);
  REQUIRE(again);
  CHECK(*again == index);
  CHECK(format_index(*again) == text);
  CHECK(index.keys().front().domain == "a.example");
  CHECK(index.of_domain("example.org").size() == 3);
  CHECK(index.of_domain("example.or").empty());
  CHECK(index.find("example.org", "s1e")->state == State::retired);
  CHECK(index.find("example.org", "s") == nullptr);
}

TEST_CASE("Index: what cannot be a key is not added", "[keyring][security]") {
  Index index = test::make_index({made_up_key("example.org", "s1r")});
  const std::string label(63, 'a');
  struct Row {
    std::string domain, selector;
    std::string_view problem;
  };
  const Row rows[] = {
      {"example.org", "s1r", "example.org has a key with selector s1r already"},
      {"../etc", "s", "the domain is no domain name with a dot in it"},
      {"Example.org", "s", "the domain is no domain name with a dot in it"},
      {"org", "s", "the domain is no domain name with a dot in it"},
      {"", "s", "the domain is no domain name with a dot in it"},
      {"example.org.", "s", "the domain is no domain name with a dot in it"},
      {"example.org", "", "the selector is no domain name"},
      {"example.org", "a/b", "the selector is no domain name"},
      {"example.org", "..", "the selector is no domain name"},
      {"keys.json", "s", "the domain has the name of the index file"},
      {label + "." + label + "." + label + ".org", label,
       "selector and domain together are longer than DNS allows"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.domain, row.selector);
    const auto added = index.add(made_up_key(row.domain, row.selector));
    REQUIRE_FALSE(added);
    CHECK(added.error() == row.problem);
  }
  CHECK(index.keys().size() == 1);
  CHECK(index.add(made_up_key("example.org", "a.b")));  // a selector may have dots
  CHECK_FALSE(index.remove("example.org", "b"));
  CHECK(index.remove("example.org", "a.b"));
  CHECK(index.keys().size() == 1);
}

TEST_CASE("parse_index: every kind of damage is told", "[keyring][security]") {
  const std::string good =
      format_index(test::make_index({made_up_key("example.org", "s1r", State::active)}));
  REQUIRE(parse_index(good));
  struct Row {
    std::string from, to;
    std::string_view problem;
  };
  const Row rows[] = {
      {"\"version\": 1", "\"version\": 2",
       "has another version than 1, which is the one this program knows"},
      {"\"version\": 1,", "", "has another version than 1, which is the one this program knows"},
      {"\"keys\": [", "\"kies\": [", "has no list of keys"},
      {"\"version\": 1", "\"version\": 1, \"x\": 2",
       "has a member that this version does not know"},
      {"\"state\"", "\"note\": 1, \"state\"",
       "key 1: has a member that this version does not know"},
      {"\"active\"", "\"actve\"", "key 1: state is none of pending, active, retired, revoked"},
      {"\"rsa\"", "\"dsa\"", "key 1: type is neither rsa nor ed25519"},
      {"\"rsa\"", "\"ed25519\"", "key 1: record is of another type than the key"},
      {"\"created\": 1000", "\"created\": -1", "key 1: created is no time"},
      {"\"created\": 1000", "\"created\": 1.5", "key 1: created is no time"},
      {"\"created\": 1000", "\"created\": 253402300800", "key 1: created is no time"},
      {"\"created\": 1000,", "", "key 1: created is no time"},
      {"\"activated\": 1000,", "", "key 1: is active, but activated is not set"},
      {"\"activated\": 1000", "\"activated\": \"x\"", "key 1: activated is no time"},
      {"\"activated\": 1000", "\"activated\": 1, \"retired\": 2",
       "key 1: is in use, but retired is set"},
      {"\"active\"", "\"retired\"", "key 1: signs no more, but retired is not set"},
      {"\"active\"", "\"revoked\"", "key 1: signs no more, but retired is not set"},
      {"\"active\"", "\"pending\"", "key 1: is pending, but activated is set"},
      {"\"activated\": 1000", "\"activated\": 1000, \"seen\": 5",
       "key 1: is not pending, but seen is set"},
      {"\"activated\": 1000", "\"seen\": true", "key 1: seen is no time"},
      {"\"version\": 1", "\"version\": 1, \"used\": 7", "used is no list of selectors"},
      {"\"version\": 1", "\"version\": 1, \"used\": [7]",
       "used holds something that is no selector"},
      {"\"version\": 1",
       R"("version": 1, "used": [{"domain": "a.example", "selector": "../x", "until": 1}])",
       "used holds something that is no selector"},
      {"\"version\": 1",
       R"("version": 1, "used": [{"domain": "a.example", "selector": "s", "until": -1}])",
       "used holds something that is no selector"},
      {"\"version\": 1",
       R"("version": 1, "used": [{"domain": "a.example", "selector": "s", "until": 1, "x": 1}])",
       "used holds something that is no selector"},
      {"v=DKIM1", "v=DKIM2", "key 1: record is no key record"},
      {"v=DKIM1;", "v=DKIM1; n=\xc3\xa4;", "key 1: record is no key record"},
      {"\"example.org\"", "\"..\"", "key 1: the domain is no domain name with a dot in it"},
      {"\"example.org\"", "7", "key 1: the domain is no domain name with a dot in it"},
      {"\"s1r\"", "\"../x\"", "key 1: the selector is no domain name"},
      {"      \"state\"", "      state", "line 8: is no JSON"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.from, row.to);
    const auto index = parse_index(replaced(good, row.from, row.to));
    REQUIRE_FALSE(index);
    CHECK(index.error() == row.problem);
  }
}

TEST_CASE("Index: selectors in use before are bounded, the oldest go", "[keyring][security]") {
  Index index;
  for (std::size_t i = 0; i < max_used_selectors; ++i) {
    REQUIRE(index.append_used({"a.example", "s" + std::to_string(i), 100}));
  }
  CHECK_FALSE(index.append_used({"a.example", "more", 100}));
  index.add_used({"a.example", "more", 100}, 50);
  CHECK(index.used().size() == max_used_selectors);
  CHECK(index.find_used("a.example", "s0", 50) == nullptr);
  CHECK(index.find_used("a.example", "more", 50) != nullptr);
  CHECK(parse_index(format_index(index)).value() == index);
}

TEST_CASE("parse_index: texts that are no index at all", "[keyring][security]") {
  CHECK(parse_index("").error() == "line 1: is no JSON");
  CHECK(parse_index("[]").error() == "is no JSON object");
  CHECK(parse_index("\xff").error() == "line 1: is no JSON");
  CHECK(parse_index("{\"version\":1,\"keys\":[7]}").error() == "key 1: is no JSON object");
  CHECK(parse_index("{\"version\":1,\"keys\":[]}")->keys().empty());
  CHECK(parse_index(std::string(1'000'000, '[')).error() ==
        "is nested deeper than an index of keys");
  const std::string key = format_index(test::make_index({made_up_key("example.org", "s1r")}));
  const std::string object = key.substr(key.find("    {"), key.rfind('}') - key.find("    {") - 5);
  CHECK(parse_index("{\"version\":1,\"keys\":[" + object + "," + object + "]}").error() ==
        "key 2: example.org has a key with selector s1r already");
}

}  // namespace
}  // namespace postern::keyring
