#include "lib/keyring/choice.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/keyring.hpp"

namespace postern::keyring {
namespace {

using test::made_up_key;

std::string chosen(const Index& index, std::string_view domain, bool allow_parents) {
  std::string text;
  for (const Key* key : keys_for(index, domain, allow_parents)) {
    text += (text.empty() ? "" : " ") + key->selector + "@" + key->domain;
  }
  return text;
}

TEST_CASE("keys_for: the active keys of the domain, or of the nearest one above", "[keyring]") {
  const Index index = test::make_index({
      made_up_key("example.org", "r1", State::active, 10),
      made_up_key("example.org", "e1e", State::active, 20),
      made_up_key("example.org", "old", State::retired, 30),
      made_up_key("example.org", "new", State::pending, 40),
      made_up_key("example.org", "bad", State::revoked, 50),
      made_up_key("b.example.org", "r2", State::pending, 10),
      made_up_key("c.b.example.org", "r3", State::active, 10),
      made_up_key("xexample.org", "r4", State::active, 10),
  });
  struct Row {
    std::string_view domain;
    bool allow_parents;
    std::string_view keys;
  };
  const Row rows[] = {
      {"example.org", false, "e1e@example.org r1@example.org"},
      {"example.org", true, "e1e@example.org r1@example.org"},
      {"a.example.org", false, ""},
      {"a.example.org", true, "e1e@example.org r1@example.org"},
      {"b.example.org", false, ""},
      {"b.example.org", true, "e1e@example.org r1@example.org"},
      {"c.b.example.org", true, "r3@c.b.example.org"},
      {"d.c.b.example.org", true, "r3@c.b.example.org"},
      {"org", true, ""},
      {"example.com", true, ""},
      {"", true, ""},
      {"xexample.org", false, "r4@xexample.org"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.domain, row.allow_parents);
    CHECK(chosen(index, row.domain, row.allow_parents) == row.keys);
  }
}

TEST_CASE("keys_for: of several active keys of a type, the one activated last", "[keyring]") {
  Index index = test::make_index({made_up_key("example.org", "a", State::active, 10),
                                  made_up_key("example.org", "b", State::active, 30),
                                  made_up_key("example.org", "c", State::active, 20)});
  CHECK(chosen(index, "example.org", false) == "b@example.org");
  for (Key& key : index.of_domain("example.org")) key.activated = 30;
  index.find("example.org", "a")->created = 40;
  CHECK(chosen(index, "example.org", false) == "a@example.org");
}

}  // namespace
}  // namespace postern::keyring
