#include "lib/dkim/key.hpp"

#include "lib/base/base64.hpp"
#include "lib/dkim/der.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_signer.hpp"

namespace postern::dkim {
namespace {

using authres::Result;
using test::odd_number;
using test::rsa_record;
using test::text_answer;

const std::string f4 = "\x01" + std::string(1, '\0') + "\x01";  // 65537
const std::string ed25519_record = "v=DKIM1; k=ed25519; p=" + encode_base64(std::string(32, 'k'));

TEST_CASE("parse_key_record: an RSA key as its numbers", "[dkim][rfc6376-3.6.1]") {
  const std::string modulus = odd_number(2048);
  const auto record = parse_key_record(rsa_record(modulus, f4) + "; t=y:s; h=sha1:sha256; s=email");
  REQUIRE(record);
  CHECK(record->key.modulus == modulus);
  CHECK(record->key.exponent == f4);
  CHECK(record->bits == 2048);
  CHECK(record->testing);
  CHECK(record->same_domain_only);
  CHECK(record->allows_sha256);
  CHECK(record->allows_email);
  CHECK_FALSE(record->revoked);
}

TEST_CASE("parse_key_record: SubjectPublicKeyInfo and the bare key are the same key", "[dkim]") {
  const auto wrapped = parse_key_record(test::SigningKey::shared_rsa().record());
  REQUIRE(wrapped);
  CHECK(wrapped->bits == 2048);
  const auto bare = parse_key_record(rsa_record(wrapped->key.modulus, wrapped->key.exponent));
  REQUIRE(bare);
  CHECK(bare->key == wrapped->key);
}

TEST_CASE("parse_key_record: Ed25519 and flags", "[dkim][rfc8463]") {
  const auto record = parse_key_record(ed25519_record + "; h=sha1; s=tlsrpt; n=a note; t=x");
  REQUIRE(record);
  CHECK(record->bits == 256);
  CHECK(record->key.point == std::string(32, 'k'));
  CHECK_FALSE(record->allows_sha256);
  CHECK_FALSE(record->allows_email);
  CHECK_FALSE(record->testing);
  CHECK(parse_key_record("p=")->revoked);
  CHECK(parse_key_record(ed25519_record + "; s=a:*")->allows_email);
}

TEST_CASE("parse_key_record: what is no key record", "[dkim][security]") {
  const std::string huge_exponent = odd_number(3071);
  const std::string rows[] = {
      "v=spf1 -all",
      "v=DKIM2; p=",
      "v=dkim1; p=",
      "p=; v=DKIM1",
      "v=DKIM1",
      "v=DKIM1; p=; p=",
      "k=dsa; p=AAAA",
      "k=RSA; p=",
      "p=A!",
      "p=AAAA",
      "k=ed25519; p=" + encode_base64(std::string(31, 'k')),
      "k=ed25519; p=" + encode_base64(std::string(33, 'k')),
      rsa_record(odd_number(2048), huge_exponent),
      rsa_record(odd_number(2048), "\x01"),                                  // 1
      rsa_record(odd_number(2048), "\x04"),                                  // even
      rsa_record(odd_number(2048), "\x01" + std::string(3, '\0') + "\x03"),  // 2^32 + 3
      rsa_record(odd_number(2048), ""),                                      // no number
      rsa_record(std::string(256, '\x7e'), f4),                              // even modulus
      "k=ed25519; p=" + rsa_record(odd_number(1024), f4).substr(12),
  };
  for (const std::string& row : rows) {
    CAPTURE(row.substr(0, 60));
    CHECK_FALSE(parse_key_record(row));
  }
  CHECK(parse_key_record(rsa_record(odd_number(2048), "\x03")));
  CHECK(parse_key_record(rsa_record(odd_number(2048), "\x01" + std::string(3, '\0') + "\x01")));
}

TEST_CASE("parse_rsa_key: DER that is not exactly a key is refused", "[dkim][security]") {
  const std::string record = test::SigningKey::shared_rsa().record();
  const std::string der = *decode_base64(record.substr(record.find("p=") + 2));
  REQUIRE(parse_rsa_key(der));
  CHECK_FALSE(parse_rsa_key(der + "x"));
  for (std::size_t size = 0; size < der.size(); ++size) {
    CHECK_FALSE(parse_rsa_key(std::string_view(der).substr(0, size)));
  }
  // A negative modulus, a length that is not minimal, an indefinite length, a length of four
  // octets.
  const std::string_view bad[] = {
      "\x30\x06\x02\x01\x81\x02\x01\x03", "\x30\x81\x06\x02\x01\x03\x02\x01\x03",
      "\x30\x80\x02\x01\x03\x02\x01\x03", "\x30\x84\x7f\x7f\x7f\x7f\x02\x01\x03\x02\x01\x03"};
  for (const auto text : bad) CHECK_FALSE(parse_rsa_key(text));
  CHECK(parse_rsa_key("\x30\x06\x02\x01\x03\x02\x01\x03"));
}

TEST_CASE("choose_key: one key record among the texts at a name", "[dkim][rfc6376-3.6.2.2]") {
  struct Row {
    dns::Answer answer;
    Result result;
    std::string_view reason;
  };
  dns::Answer timeout;
  timeout.status = dns::Status::timeout;
  dns::Answer bogus;
  bogus.status = dns::Status::servfail;
  const std::string good = rsa_record(odd_number(1024), f4);
  const std::string long_record = good + "; n=" + std::string(8192, 'n');
  const Row rows[] = {
      {{}, Result::permerror, "no key for signature"},
      {timeout, Result::temperror, "DNS timeout for key"},
      {bogus, Result::temperror, "DNS failure for key"},
      {text_answer({good}), Result::none, ""},
      {text_answer({"v=spf1 -all", good}), Result::none, ""},
      {text_answer({good, good}), Result::permerror, "more than one key record"},
      {text_answer({good, "v=DKIM1; p="}), Result::permerror, "more than one key record"},
      {text_answer({"v=spf1 -all"}), Result::permerror, "bad key record: not a DKIM1 key record"},
      {text_answer({"v=DKIM1; p="}), Result::permerror, "key is revoked"},
      {text_answer({ed25519_record}), Result::permerror,
       "key is of another type than the signature"},
      {text_answer({good + "; h=sha1"}), Result::permerror, "key may not be used with sha256"},
      {text_answer({good + "; s=other"}), Result::permerror, "key is not for email"},
      {text_answer({long_record}), Result::permerror, "bad key record: too long"},
      {text_answer({rsa_record(odd_number(512), f4)}), Result::permerror,
       "RSA key of 512 bits is too small (RFC 8301)"},
      {text_answer({rsa_record(odd_number(1023), f4)}), Result::permerror,
       "RSA key of 1023 bits is too small (RFC 8301)"},
      {text_answer({rsa_record(odd_number(4096), f4)}), Result::none, ""},
      {text_answer({rsa_record(odd_number(4097), f4)}), Result::permerror,
       "RSA key of 4097 bits is too large"},
      {text_answer({rsa_record(odd_number(16384), f4)}), Result::permerror,
       "RSA key of 16384 bits is too large"},
      {text_answer({rsa_record(odd_number(3072), odd_number(3071))}), Result::permerror,
       "bad key record: RSA exponent is not usable"},
  };
  for (const Row& row : rows) {
    const KeyChoice choice = choose_key(row.answer, PublicKey::Type::rsa, {});
    CHECK(choice.reason == row.reason);
    CHECK(choice.result == row.result);
    CHECK(choice.is_usable() == (row.result == Result::none));
  }
}

TEST_CASE("key_question: names that DNS cannot hold are not asked", "[dkim]") {
  REQUIRE(key_question("sel", "example.org"));
  CHECK(key_question("sel", "example.org")->name == "sel._domainkey.example.org");
  const std::string label(63, 'a');
  const std::string domain = label + "." + label + "." + label + ".example";
  CHECK(key_question("s", domain));
  CHECK_FALSE(key_question(label, domain));
}

}  // namespace
}  // namespace postern::dkim
