#include "lib/arc/sealer.hpp"

#include <algorithm>

#include "lib/dkim/header_hasher.hpp"
#include "lib/dkim/key_record.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "tests/support/arc_chain.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_signer.hpp"

namespace postern::arc {
namespace {

using authres::Result;
using test::Message;
using test::test_now;

const io::OpensslCrypto crypto;
constexpr std::string_view our_results = "mx.example;\n\tspf=pass smtp.mailfrom=a@a.example";

dkim::SigningKey make_key(dkim::PublicKey::Type type) {
  return {"seal.example", "s", *io::parse_private_key(io::generate_private_key(type).pem)};
}

const dkim::SigningKey& rsa_key() {
  static const dkim::SigningKey key = make_key(dkim::PublicKey::Type::rsa);
  return key;
}

Outcome validate(const Message& message, const dkim::SigningKey& key = rsa_key()) {
  const test::KeyZone zone = {{"s._domainkey.seal.example",
                               test::text_answer({dkim::format_key_record(key.key->public_key())})},
                              {"sel._domainkey.attack.example",
                               test::text_answer({test::SigningKey::shared_rsa().record()})}};
  return test::validate_chain(message, zone, crypto);
}

Expected<NewSet, std::string_view> seal(
    const Message& message, const Outcome& chain, const dkim::SigningKey& key = rsa_key(),
    const dkim::SigningPolicy& policy = dkim::default_signing_policy()) {
  const mail::HeaderSection header = message.header();
  dkim::BodyHasher body(crypto);
  const Sealer sealer(header, crypto, test::ascii_domain, body, policy, key);
  body.update(message.body);
  body.finish();
  return sealer.seal(chain, our_results, test_now);
}

void put_on_top(Message& message, const NewSet& set) {
  message.fields.insert(message.fields.begin(),
                        {"ARC-Seal:" + set.seal, "ARC-Message-Signature:" + set.message_signature,
                         "ARC-Authentication-Results:" + set.results});
}

Message make_message() {
  return {{"DKIM-Signature: v=1; a=rsa-sha256", "From: a@a.example", "To: b@b.example",
           "Subject: s", "Authentication-Results: mx.example; none"},
          "text\r\n"};
}

// Validates and seals as often as asked.
Message sealed(unsigned sets, const dkim::SigningKey& key = rsa_key()) {
  Message message = make_message();
  for (unsigned i = 0; i < sets; ++i) {
    const auto set = seal(message, validate(message, key), key);
    REQUIRE(set);
    CHECK(set->instance == i + 1);
    put_on_top(message, *set);
  }
  return message;
}

std::string why_not(const Message& message, const Outcome& chain) {
  const auto set = seal(message, chain);
  return set ? "sealed" : std::string(set.error());
}

TEST_CASE("seal: chains of our own validate", "[arc][rfc8617-5.1]") {
  for (const auto type : {dkim::PublicKey::Type::rsa, dkim::PublicKey::Type::ed25519}) {
    const dkim::SigningKey key = make_key(type);
    const Outcome outcome = validate(sealed(3, key), key);
    CHECK(outcome.reason.empty());
    CHECK(outcome.result == Result::pass);
    CHECK(outcome.instances == 3);
    CHECK(outcome.oldest_pass == 0);
    REQUIRE(outcome.sets.size() == 3);
    CHECK(outcome.sets[0].seal_domain == "seal.example");
    CHECK(outcome.sets[0].authserv_id == "mx.example");
    CHECK(outcome.sets[0].results == "i=1; mx.example;\tspf=pass smtp.mailfrom=a@a.example");
  }
}

TEST_CASE("seal: what the fields say", "[arc][rfc8617-4.1]") {
  const Message message = make_message();
  const auto set = seal(message, validate(message));
  REQUIRE(set);
  CHECK(set->results == " i=1; mx.example;\r\n\tspf=pass smtp.mailfrom=a@a.example");
  const Field signature = parse_message_signature(set->message_signature, test::ascii_domain);
  CHECK(signature.problem.empty());
  CHECK(signature.signature.timestamp == test_now);
  CHECK_FALSE(signature.signature.expiration);
  const auto& names = signature.signature.signed_names;
  CHECK(std::count(names.begin(), names.end(), "dkim-signature") == 1);
  CHECK(std::count(names.begin(), names.end(), "from") == 2);
  CHECK(std::count(names.begin(), names.end(), "authentication-results") == 0);
  const Field seal = parse_seal(set->seal, test::ascii_domain);
  CHECK(seal.problem.empty());
  CHECK(seal.validation == ChainValidation::none);
  CHECK(seal.signature.timestamp == test_now);
}

TEST_CASE("seal: the policy cannot bring in what must not be covered", "[arc][rfc8617-4.1.2]") {
  dkim::SigningPolicy policy;
  policy.signed_names = {"ARC-Seal", "to"};
  policy.oversigned_names = {"arc-message-signature", "Authentication-Results"};
  policy.oversigned_if_present = {"authentication-results"};
  policy.lifetime = 5;
  const Message message = make_message();
  const auto set = seal(message, validate(message), rsa_key(), policy);
  REQUIRE(set);
  const Field field = parse_message_signature(set->message_signature, test::ascii_domain);
  CHECK(field.problem.empty());
  CHECK(field.signature.signed_names ==
        std::vector<std::string>{"from", "from", "to", "dkim-signature"});
  CHECK_FALSE(field.signature.expiration);
}

TEST_CASE("seal: goes on from a chain of others", "[arc]") {
  Message message = make_message();
  test::seal(message, test::SigningKey::shared_rsa(), 1, "none", crypto);
  test::seal(message, test::SigningKey::shared_rsa(), 2, "pass", crypto);
  message.body = "changed by us\r\n";
  Outcome chain;  // as it was before the change
  chain.result = Result::pass;
  chain.instances = 2;
  const auto set = seal(message, chain);
  REQUIRE(set);
  put_on_top(message, *set);
  const Outcome outcome = validate(message);
  CHECK(outcome.reason.empty());
  CHECK(outcome.result == Result::pass);
  CHECK(outcome.oldest_pass == 3);
}

// A seal with cv=fail covers its own set alone: with the older sets taken away and read as a first
// one it would verify. That is how it is checked here.
TEST_CASE("seal: a failed chain is sealed once and over the new set alone",
          "[arc][rfc8617-5.1.2][rfc8617-5.1.3]") {
  Message message = sealed(2);
  message.fields[5] = "ARC-Authentication-Results: i=1; mx.example; spf=fail";
  const Outcome failed = validate(message);
  REQUIRE(failed.result == Result::fail);
  const auto set = seal(message, failed);
  REQUIRE(set);
  CHECK(set->instance == 3);
  const Field field = parse_seal(set->seal, test::ascii_domain);
  CHECK(field.validation == ChainValidation::fail);
  const auto hash = crypto.sha256();
  hash->update(dkim::canonicalize_relaxed("ARC-Authentication-Results", set->results) + "\r\n");
  hash->update(dkim::canonicalize_relaxed("ARC-Message-Signature", set->message_signature) +
               "\r\n");
  hash->update(
      dkim::canonicalize_relaxed("ARC-Seal", set->seal.substr(0, field.signature.value_begin)));
  CHECK(crypto.verify(rsa_key().key->public_key(), hash->finish(), field.signature.value));

  put_on_top(message, *set);
  const Outcome marked = validate(message);
  CHECK(marked.reason == "set 3: ARC-Seal: says cv=fail");
  CHECK(why_not(message, marked) == "the chain was sealed as failed before");
}

TEST_CASE("seal: not when it would say what is not known", "[arc]") {
  const Message message = make_message();
  Outcome chain;
  chain.result = Result::temperror;
  CHECK(why_not(message, chain) == "nobody can say now whether the chain holds");
  for (const Result result : {Result::pass, Result::fail}) {
    chain.result = result;
    for (const unsigned instances : {50U, 51U}) {
      chain.instances = instances;
      CHECK(why_not(message, chain) == "the chain is full");
    }
  }
}

TEST_CASE("seal: the fiftieth set is the last", "[arc][rfc8617-4.2.1]") {
  const dkim::SigningKey key = make_key(dkim::PublicKey::Type::ed25519);
  const Message message = sealed(50, key);
  const Outcome outcome = validate(message, key);
  CHECK(outcome.result == Result::pass);
  CHECK_FALSE(seal(message, outcome, key));
}

TEST_CASE("seal: many DKIM-Signature fields do not make the signature endless", "[arc][security]") {
  Message message = make_message();
  for (int i = 0; i < 5000; ++i) message.fields.push_back("DKIM-Signature: x");
  const auto set = seal(message, validate(message));
  REQUIRE(set);
  CHECK(set->message_signature.size() < dkim::Limits().signature_field_size);
  put_on_top(message, *set);
  CHECK(validate(message).result == Result::pass);
}

}  // namespace
}  // namespace postern::arc
