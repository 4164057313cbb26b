// What passwords may be, and those that we make.
#include "lib/accounts/password.hpp"

#include <set>

#include "tests/support/catch.hpp"

namespace postern::accounts {
namespace {

constexpr const char* address = "long.name.of.alice@mail.example.org";

TEST_CASE("objection_to: length, and what is easy to guess", "[accounts]") {
  CHECK(objection_to("correct horse battery", address).empty());
  CHECK(objection_to("fünfzehn Zeiche", address).empty());  // 15 characters, 16 octets
  CHECK(objection_to("aaaaaaaaaaaaaab", address).empty());
  for (const std::string& password :
       {std::string(), std::string("fourteen chars"), std::string("ääääääääääääää"),
        std::string("Long.Name.Of.Alice@mail.example.org"), std::string("long.name.of.alice"),
        std::string("MAIL.example.org"), std::string(15, 'a'), std::string("abcabcabcabcabcabca"),
        std::string("a password\twith a tab"), std::string("with\0a nul and more", 19),
        std::string(257, 'a') + "b"}) {
    CAPTURE(password);
    CHECK_FALSE(objection_to(password, address).empty());
  }
}

TEST_CASE("make_secret: 32 letters, each from five bits", "[accounts]") {
  std::array<std::uint8_t, secret_size> random{};
  CHECK(make_secret(random) == "aaaaa-aaaaa-aaaaa-aaaaa");
  std::set<char> seen;
  for (unsigned value = 0; value < 256; ++value) {
    random.fill(static_cast<std::uint8_t>(value));
    seen.insert(make_secret(random).front());
  }
  CHECK(seen.size() == 32);
  for (const char lookalike : {'l', 'o', '0', '1'}) CHECK(seen.count(lookalike) == 0);
}

}  // namespace
}  // namespace postern::accounts
