// Hashes that crypt(3) verifies.
#include "lib/io/crypt/password_hash.hpp"

#include <crypt.h>

#include <array>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

bool matches(const std::string& password, const std::string& hash) {
  crypt_data data{};
  const std::string stored = hash.substr(sizeof "{CRYPT}" - 1);
  return stored == ::crypt_r(password.c_str(), stored.c_str(), &data);
}

TEST_CASE("hash_password: yescrypt, another salt each time", "[crypt]") {
  const auto one = hash_password("correct horse battery");
  const auto two = hash_password("correct horse battery");
  REQUIRE(one);
  CHECK(one->starts_with("{CRYPT}$y$"));
  CHECK(*one != *two);
  CHECK(one->find(':') == one->npos);
  CHECK(matches("correct horse battery", *one));
  CHECK(matches("correct horse battery", *two));
  CHECK_FALSE(matches("correct horse batterx", *one));
  CHECK_FALSE(matches("correct horse battery", "{CRYPT}$y$!" + one->substr(10)));
}

TEST_CASE("hash_password: what libcrypt would cut is refused", "[crypt]") {
  CHECK(hash_password(std::string(511, 'a')));
  CHECK_FALSE(hash_password(std::string(512, 'a')));
  CHECK_FALSE(hash_password(std::string("a\0b", 3)));
}

TEST_CASE("fill_random: fills all of it", "[crypt]") {
  std::array<std::uint8_t, 600> octets{};
  fill_random(octets);
  std::array<std::size_t, 256> counts{};
  for (const std::uint8_t octet : octets) ++counts[octet];
  for (const std::size_t count : counts) CHECK(count < 60);
}

}  // namespace
}  // namespace postern::io
