#include "lib/dkim/key_record.hpp"

#include "lib/base/base64.hpp"
#include "lib/dkim/key.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_signer.hpp"

namespace postern::dkim {
namespace {

using test::SigningKey;

PublicKey rsa_key(std::string modulus, std::string exponent = "\x03") {
  PublicKey key;
  key.modulus = std::move(modulus);
  key.exponent = std::move(exponent);
  return key;
}

TEST_CASE("format_key_record: what OpenSSL writes for the same key", "[dkim][rfc6376-3.6.1]") {
  for (const SigningKey* key : {&SigningKey::shared_rsa(), &SigningKey::shared_ed25519()}) {
    const auto record = parse_key_record(key->record());
    REQUIRE(record);
    CHECK(format_key_record(record->key) == key->record());
  }
}

TEST_CASE("format_key_record: the key of RFC 8463 as its 32 octets", "[dkim][rfc8463-4]") {
  PublicKey key;
  key.type = PublicKey::Type::ed25519;
  key.point = *decode_base64("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  CHECK(format_key_record(key) ==
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
}

TEST_CASE("format_key_record: numbers of every size come back", "[dkim]") {
  for (const unsigned bits :
       {1U, 7U, 8U, 9U, 127U, 128U, 500U, 1000U, 1024U, 2047U, 4096U, 9000U}) {
    CAPTURE(bits);
    const PublicKey key = rsa_key(test::odd_number(bits), bits % 2 == 0 ? "\x03" : "\x01\x01\x01");
    const auto record = parse_key_record(format_key_record(key));
    REQUIRE(record);
    CHECK(record->key == key);
    CHECK(record->bits == bits);
  }
}

TEST_CASE("split_character_strings: at most 255 octets each, joined the text again",
          "[dkim][rfc1035-3.3.14]") {
  struct Row {
    std::size_t size;
    std::size_t strings;
  };
  constexpr Row rows[] = {{0, 1}, {1, 1}, {254, 1}, {255, 1}, {256, 2}, {510, 2}, {511, 3}};
  for (const Row& row : rows) {
    CAPTURE(row.size);
    std::string text;
    for (std::size_t i = 0; i < row.size; ++i) text += static_cast<char>('a' + i % 26);
    const auto strings = split_character_strings(text);
    CHECK(strings.size() == row.strings);
    std::string joined;
    for (const std::string& string : strings) {
      CHECK(string.size() <= 255);
      joined += string;
    }
    CHECK(joined == text);
  }
}

}  // namespace
}  // namespace postern::dkim
