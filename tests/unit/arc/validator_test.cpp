#include "lib/arc/validator.hpp"

#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/arc_chain.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_signer.hpp"

namespace postern::arc {
namespace {

using authres::Result;
using test::KeyZone;
using test::Message;
using test::SigningKey;

const io::OpensslCrypto crypto;

KeyZone make_zone(const SigningKey& key = SigningKey::shared_rsa()) {
  return {{"sel._domainkey.attack.example", test::text_answer({key.record()})}};
}

Message sealed(unsigned sets, const SigningKey& key = SigningKey::shared_rsa()) {
  Message message{{"From: a@a.example", "To: b@b.example", "Subject: s", "Date: d"}, "text\r\n"};
  for (unsigned i = 1; i <= sets; ++i) {
    test::seal(message, key, i, i == 1 ? "none" : "pass", crypto);
  }
  return message;
}

Outcome validate(const Message& message, const KeyZone& zone = make_zone(),
                 std::int64_t now = test::test_now) {
  const Outcome outcome = test::validate_chain(message, zone, crypto, now);
  CHECK_FALSE(outcome.reason.starts_with("test: "));
  return outcome;
}

TEST_CASE("validate: a chain of three sets", "[arc][ARC-00]") {
  const Outcome outcome = validate(sealed(3));
  CHECK(outcome.reason.empty());
  CHECK(outcome.result == Result::pass);
  CHECK(outcome.instances == 3);
  CHECK(outcome.oldest_pass == 0);
  CHECK(outcome.dns_queries == 1);
  CHECK_FALSE(outcome.partial_body);
  REQUIRE(outcome.sets.size() == 3);
  CHECK(outcome.sets[0].instance == 1);
  CHECK(outcome.sets[2].seal_domain == "attack.example");
  CHECK(outcome.sets[2].seal_selector == "sel");
  CHECK(outcome.sets[2].authserv_id == "mx3.example");
  CHECK(outcome.sets[1].results == "i=2; mx2.example; dmarc=pass header.from=a.example");
}

TEST_CASE("validate: no ARC fields", "[arc]") {
  const Outcome outcome = validate(sealed(0));
  CHECK(outcome.result == Result::none);
  CHECK(outcome.instances == 0);
}

TEST_CASE("validate: Ed25519", "[arc][rfc8463]") {
  const SigningKey& key = SigningKey::shared_ed25519();
  CHECK(validate(sealed(2, key), make_zone(key)).result == Result::pass);
}

TEST_CASE("validate: fifty sets pass, more are not read", "[arc][ARC-01][ARC-02][security]") {
  Message message = sealed(50);
  CHECK(validate(message).result == Result::pass);
  test::seal(message, SigningKey::shared_rsa(), 51, "pass", crypto);
  Outcome outcome = validate(message);
  CHECK(outcome.result == Result::fail);
  CHECK(outcome.reason == "more than 50 sets");
  CHECK(outcome.instances == 51);
  CHECK(outcome.dns_queries == 0);
  for (int i = 0; i < 20'000; ++i) message.fields.push_back("ARC-Seal: i=" + std::to_string(i));
  outcome = validate(message);
  CHECK(outcome.result == Result::fail);
  CHECK(outcome.instances == 51);
}

TEST_CASE("validate: cv= must fit the instance", "[arc][ARC-03][rfc8617-5.2]") {
  Message message{{"From: a@a.example"}, "text\r\n"};
  test::seal(message, SigningKey::shared_rsa(), 1, "pass", crypto);
  CHECK(validate(message).reason == "set 1: ARC-Seal: cv= is not none");
  message = sealed(1);
  test::seal(message, SigningKey::shared_rsa(), 2, "none", crypto);
  CHECK(validate(message).reason == "set 2: ARC-Seal: cv= is not pass");
  message = sealed(1);
  test::seal(message, SigningKey::shared_rsa(), 2, "fail", crypto);
  CHECK(validate(message).reason == "set 2: ARC-Seal: says cv=fail");
  CHECK(validate(message).result == Result::fail);
}

TEST_CASE("validate: fields that are missing, doubled, or not numbered from 1", "[arc]") {
  Message message = sealed(2);
  message.fields.erase(message.fields.begin() + 1);
  CHECK(validate(message).reason == "set 2: ARC-Message-Signature: is missing");
  message = sealed(2);
  message.fields.push_back(message.fields[0]);
  CHECK(validate(message).reason == "set 2: ARC-Seal: occurs twice");
  message = sealed(2);
  message.fields.erase(message.fields.begin() + 3, message.fields.begin() + 6);
  CHECK(validate(message).reason == "set 2 without all sets before it");
  message = sealed(1);
  message.fields[0] = "ARC-Seal: x";
  CHECK(validate(message).reason == "ARC-Seal: tag without an equals sign");
}

TEST_CASE("validate: a body changed after the newest signature", "[arc][ARC-05][security]") {
  Message message = sealed(2);
  message.body = "other\r\n";
  const Outcome outcome = validate(message);
  CHECK(outcome.result == Result::fail);
  CHECK(outcome.reason == "set 2: message signature: body hash did not verify");
  CHECK(outcome.sets.empty());
}

TEST_CASE("validate: a body changed between two sets is where oldest_pass begins", "[arc]") {
  Message message = sealed(2);
  message.body = "footer added\r\n";
  test::seal(message, SigningKey::shared_rsa(), 3, "pass", crypto);
  const Outcome outcome = validate(message);
  CHECK(outcome.result == Result::pass);
  CHECK(outcome.oldest_pass == 3);
}

TEST_CASE("validate: every seal counts", "[arc][security]") {
  Message message = sealed(3);
  message.fields[8] = "ARC-Authentication-Results: i=1; mx1.example; dmarc=fail";
  const Outcome outcome = validate(message);
  CHECK(outcome.result == Result::fail);
  CHECK(outcome.reason == "set 3: seal: did not verify");
}

TEST_CASE("validate: keys that are weak, absent, or not to be had", "[arc]") {
  const SigningKey weak = SigningKey::rsa(512);
  CHECK(validate(sealed(1, weak), make_zone(weak)).reason ==
        "set 1: message signature: RSA key of 512 bits is too small (RFC 8301)");
  CHECK(validate(sealed(1), {}).result == Result::fail);
  dns::Answer timeout;
  timeout.status = dns::Status::timeout;
  const KeyZone silent = {{"sel._domainkey.attack.example", timeout}};
  CHECK(validate(sealed(2), silent).result == Result::temperror);
  CHECK(validate(sealed(2), silent).reason == "set 2: message signature: DNS timeout for key");
  Message changed = sealed(2);
  changed.body = "other\r\n";
  CHECK(validate(changed, silent).result == Result::fail);
}

TEST_CASE("validate: each key is asked for once, at most two a set", "[arc][security]") {
  Message message;
  const std::string hash = std::string(43, 'A') + "=";
  for (int i = 1; i <= 50; ++i) {
    const std::string n = std::to_string(i);
    const std::string tags = "i=" + n + "; a=rsa-sha256; s=s; b=AAAA; d=";
    message.fields.push_back("ARC-Seal: cv=" + std::string(i == 1 ? "none" : "pass") + ";" + tags +
                             "seal" + n + ".example");
    message.fields.push_back("ARC-Message-Signature: h=from; bh=" + hash + ";" + tags + "ams" + n +
                             ".example");
    message.fields.push_back("ARC-Authentication-Results: i=" + n + "; mx; none");
  }
  const mail::HeaderSection header = message.header();
  dkim::BodyHasher body(crypto);
  const Validator validator(header, crypto, test::ascii_domain, body, {});
  CHECK(validator.questions().size() == 100);
  CHECK(validate(message, {}).result == Result::fail);
}

}  // namespace
}  // namespace postern::arc
