#include "lib/dkim/verifier.hpp"

#include <algorithm>

#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_signer.hpp"

namespace postern::dkim {
namespace {

using authres::Result;
using test::KeyZone;
using test::Message;
using test::SigningKey;
using test::SigningRequest;
using test::test_now;

const io::OpensslCrypto crypto;

Message make_message() {
  return {{"From: A <a@attack.example>", "To: b@example.org", "Subject: x  y\r\n\tz",
           "Date: Sun, 22 Nov 2026 12:00:00 +0000"},
          "first line\r\nsecond  line \r\n\r\n\r\n"};
}

KeyZone make_zone() {
  return {
      {"sel._domainkey.attack.example", test::text_answer({SigningKey::shared_rsa().record()})},
      {"ed._domainkey.attack.example", test::text_answer({SigningKey::shared_ed25519().record()})}};
}

Message signed_message(const SigningRequest& request = {}) {
  Message message = make_message();
  test::sign(message, SigningKey::shared_rsa(), request, crypto);
  return message;
}

Outcome verify_one(const Message& message, const KeyZone& zone = make_zone(),
                   std::int64_t now = test_now) {
  const auto outcomes = test::verify(message, zone, crypto, now);
  REQUIRE(outcomes.size() == 1);
  return outcomes.front();
}

TEST_CASE("verify: a right signature passes in every canonicalization", "[dkim][DKIM-00]") {
  for (const auto header : {Canonicalization::simple, Canonicalization::relaxed}) {
    for (const auto body : {Canonicalization::simple, Canonicalization::relaxed}) {
      SigningRequest request;
      request.header = header;
      request.body = body;
      const Outcome outcome = verify_one(signed_message(request));
      CHECK(outcome.result == Result::pass);
      CHECK(outcome.domain == "attack.example");
      CHECK(outcome.selector == "sel");
      CHECK(outcome.agent_id == "@attack.example");
      CHECK(outcome.algorithm == "rsa-sha256");
      CHECK(outcome.reason.empty());
      CHECK(outcome.signature_prefix.size() == 8);
      CHECK(outcome.key_bits == 2048);
      CHECK_FALSE(outcome.partial_body);
      CHECK(outcome.dns_queries == 1);
    }
  }
}

TEST_CASE("verify: Ed25519", "[dkim][rfc8463]") {
  Message message = make_message();
  SigningRequest request;
  request.selector = "ed";
  test::sign(message, SigningKey::shared_ed25519(), request, crypto);
  const Outcome outcome = verify_one(message);
  CHECK(outcome.result == Result::pass);
  CHECK(outcome.algorithm == "ed25519-sha256");
  message.fields.back() += "x";
  CHECK(verify_one(message).result == Result::fail);
}

TEST_CASE("verify: what was changed afterwards fails, what canonicalization allows does not",
          "[dkim]") {
  Message message = signed_message();
  message.body += "\r\n\r\n";
  message.fields[1] = "FROM:A  <a@attack.example> ";
  CHECK(verify_one(message).result == Result::pass);
  Message other_body = message;
  other_body.body = "x" + other_body.body;
  CHECK(verify_one(other_body).reason == "body hash did not verify");
  CHECK(verify_one(other_body).result == Result::fail);
  message.fields[3] = "Subject: other";
  CHECK(verify_one(message).reason == "signature did not verify");
  CHECK(verify_one(message).result == Result::fail);
}

TEST_CASE("verify: l= that leaves octets unsigned is told", "[dkim][DKIM-01][security]") {
  SigningRequest request;
  request.length = 12;
  Message message = signed_message(request);
  message.body += "appended\r\n";
  const Outcome outcome = verify_one(message);
  CHECK(outcome.result == Result::pass);
  CHECK(outcome.partial_body);
  CHECK(outcome.reason == "l= covers 12 of 39 octets");
  message.body = "x";
  CHECK(verify_one(message).result == Result::permerror);
  CHECK(verify_one(message).reason == "l= is larger than the body");
  message = make_message();
  request.length = 25;
  message = signed_message(request);
  CHECK(verify_one(message).result == Result::pass);
  CHECK_FALSE(verify_one(message).partial_body);
}

TEST_CASE("verify: no more than ten signatures and keys", "[dkim][DKIM-02][security]") {
  Message message = make_message();
  for (int i = 0; i < 200; ++i) {
    message.fields.insert(message.fields.begin(),
                          "DKIM-Signature: v=1; a=rsa-sha256; d=d" + std::to_string(i) +
                              ".example; s=s; h=from; bh=" + std::string(43, 'A') + "=; b=AAAA");
  }
  const mail::HeaderSection header = message.header();
  BodyHasher body(crypto);
  const Verifier verifier(header, crypto, test::ascii_domain, body, {});
  CHECK(verifier.questions().size() == 10);
  const auto outcomes = test::verify(message, {}, crypto);
  REQUIRE(outcomes.size() == max_outcomes);
  CHECK(outcomes[9].result == Result::permerror);
  CHECK(outcomes[10].result == Result::policy);
  CHECK(outcomes[10].reason == "too many signatures");
  CHECK(outcomes.back().reason == "too many signatures, as are 150 more");
}

TEST_CASE("verify: keys out of limits are not used", "[dkim][DKIM-03][DKIM-11][security]") {
  const std::string f4 = "\x01" + std::string(1, '\0') + "\x01";
  struct Row {
    std::string record;
    std::string_view reason;
  };
  const Row rows[] = {
      {test::rsa_record(test::odd_number(16384), f4), "RSA key of 16384 bits is too large"},
      {test::rsa_record(test::odd_number(3072), test::odd_number(3071)),
       "bad key record: RSA exponent is not usable"},
      {test::rsa_record(test::odd_number(512), f4), "RSA key of 512 bits is too small (RFC 8301)"},
      {"v=DKIM1; p=", "key is revoked"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = verify_one(
        signed_message(), {{"sel._domainkey.attack.example", test::text_answer({row.record})}});
    CHECK(outcome.result == Result::permerror);
    CHECK(outcome.reason == row.reason);
  }
  CHECK(verify_one(signed_message(), {}).reason == "no key for signature");
}

TEST_CASE("verify: From must be signed", "[dkim][DKIM-04][security]") {
  SigningRequest request;
  request.names = {"to", "subject"};
  CHECK(verify_one(signed_message(request)).result == Result::permerror);
  CHECK(verify_one(signed_message(request)).reason == "h= lacks From");
}

TEST_CASE("verify: over-signed names keep additions out, others do not",
          "[dkim][DKIM-05][DKIM-06][security]") {
  Message message = signed_message();
  message.fields.insert(message.fields.begin(), "Subject: prepended");
  CHECK(verify_one(message).result == Result::pass);  // vouches for the lower one only
  SigningRequest request;
  request.names = {"from", "from", "subject", "subject", "dkim-signature"};
  message = signed_message(request);
  CHECK(verify_one(message).result == Result::pass);
  message.fields.insert(message.fields.begin(), "Subject: prepended");
  CHECK(verify_one(message).result == Result::fail);
}

TEST_CASE("verify: many names over many fields select each field once",
          "[dkim][DKIM-10][security]") {
  Message message = make_message();
  for (int i = 0; i < 20'000; ++i) message.fields.push_back("A: " + std::to_string(i));
  SigningRequest request;
  request.names.assign(7'900, "a");
  request.names.push_back("from");
  test::sign(message, SigningKey::shared_rsa(), request, crypto);
  CHECK(verify_one(message).result == Result::pass);
  message.fields.back() = "A: other";  // the lowest one is the first that h= means
  CHECK(verify_one(message).result == Result::fail);
  message.fields.back() = "A: 19999";
  message.fields[10] = "A: other";  // h= has no name left for the upper ones
  CHECK(verify_one(message).result == Result::pass);
}

TEST_CASE("verify: times", "[dkim][DKIM-08]") {
  struct Row {
    std::string_view tags;
    Result result;
    std::string_view reason;
  };
  const Row rows[] = {
      {"; t=1794999999; x=1795000000", Result::pass, ""},
      {"; t=1790000000; x=1794999999", Result::fail, "signature expired"},
      {"; t=1795000300", Result::pass, ""},
      {"; t=1795000301", Result::policy, "signature is from the future"},
      {"; t=9999999999999", Result::policy, "signature is from the future"},
      {"; x=9999999999999", Result::pass, ""},
      {"; t=1795000000; x=1794999999", Result::permerror, "x= is not after t="},
  };
  for (const Row& row : rows) {
    SigningRequest request;
    request.extra = row.tags;
    CAPTURE(row.tags);
    const Outcome outcome = verify_one(signed_message(request));
    CHECK(outcome.result == row.result);
    CHECK(outcome.reason == row.reason);
  }
}

TEST_CASE("verify: i= below d=, outside it, and with a strict key", "[dkim][DKIM-09][security]") {
  SigningRequest request;
  request.extra = "; i=joe@sub.attack.example";
  CHECK(verify_one(signed_message(request)).result == Result::pass);
  CHECK(verify_one(signed_message(request)).agent_id == "joe@sub.attack.example");
  const KeyZone strict = {{"sel._domainkey.attack.example",
                           test::text_answer({SigningKey::shared_rsa().record() + "; t=s:y"})}};
  CHECK(verify_one(signed_message(request), strict).result == Result::permerror);
  CHECK(verify_one(signed_message(request), strict).testing);
  CHECK(verify_one(signed_message(), strict).result == Result::pass);
  request.extra = "; i=joe@victim.example";
  CHECK(verify_one(signed_message(request)).reason == "i= is outside d=");
}

TEST_CASE("verify: malformed and weak signatures never pass", "[dkim][DKIM-11][security]") {
  std::vector<SigningRequest> requests(5);
  requests[0].extra = "; d=attack.example";
  requests[1].version = "v=2";
  requests[2].algorithm = "rsa-sha512";
  requests[3].algorithm = "rsa-sha1";
  requests[4].domain = "legit.example(.attack.example";
  for (const SigningRequest& request : requests) {
    const Outcome outcome = verify_one(signed_message(request));
    CHECK(outcome.result == Result::permerror);
    CHECK_FALSE(outcome.reason.empty());
  }
  CHECK(verify_one(signed_message(requests[3])).reason.find("RFC 8301") != std::string::npos);
  CHECK(verify_one(signed_message(requests[4])).domain.empty());
}

TEST_CASE("verify: field beyond the size limit, field cut by the MTA", "[dkim][security]") {
  SigningRequest request;
  request.extra = "; z=" + std::string(16384, 'z');
  CHECK(verify_one(signed_message(request)).reason == "signature field is too long");

  Message message = make_message();
  message.fields[2] = "Subject: " + std::string(70'000, 's');
  test::sign(message, SigningKey::shared_rsa(), {}, crypto);
  CHECK(verify_one(message).result == Result::pass);
  message.fields[3].resize(60'000);
  CHECK(verify_one(message).result == Result::neutral);
  CHECK(verify_one(message).reason == "a signed header field was cut by the MTA");
}

TEST_CASE("verify: missing answers are asked for, failed ones are temperror", "[dkim]") {
  Message message = signed_message();
  SigningRequest request;
  request.selector = "ed";
  test::sign(message, SigningKey::shared_ed25519(), request, crypto);
  test::sign(message, SigningKey::shared_ed25519(), request, crypto);
  const mail::HeaderSection header = message.header();
  BodyHasher body(crypto);
  const Verifier verifier(header, crypto, test::ascii_domain, body, {});
  const dns::Questions expected = {{"ed._domainkey.attack.example", dns::Type::txt},
                                   {"sel._domainkey.attack.example", dns::Type::txt}};
  CHECK(verifier.questions() == expected);
  body.update(message.body);
  body.finish();
  dns::Answers answers;
  CHECK(verifier.verify(answers, test_now).missing() == expected);
  dns::Answer failure;
  failure.status = dns::Status::timeout;
  answers.add(expected[0], failure);
  CHECK(verifier.verify(answers, test_now).missing() == dns::Questions{expected[1]});
  test::answer(make_zone(), {expected[1]}, answers);
  const auto evaluation = verifier.verify(answers, test_now);
  REQUIRE(evaluation.is_done());
  REQUIRE(evaluation.result().size() == 3);
  CHECK(evaluation.result()[0].result == Result::temperror);
  CHECK(evaluation.result()[0].dns_queries == 1);
  CHECK(evaluation.result()[1].result == Result::temperror);
  CHECK(evaluation.result()[1].dns_queries == 0);
  CHECK(evaluation.result()[2].result == Result::pass);
}

TEST_CASE("verify: a changed body is fail even when DNS does not answer", "[dkim]") {
  Message message = signed_message();
  dns::Answer failure;
  failure.status = dns::Status::servfail;
  const KeyZone zone = {{"sel._domainkey.attack.example", failure}};
  CHECK(verify_one(message, zone).result == Result::temperror);
  message.body = "other\r\n";
  CHECK(verify_one(message, zone).result == Result::fail);
}

TEST_CASE("verify: the order of signatures changes only the order of outcomes",
          "[dkim][security]") {
  Message message = make_message();
  std::vector<std::string> signatures;
  for (int i = 0; i < 4; ++i) {
    SigningRequest request;
    request.selector = i % 2 == 0 ? "sel" : "ed";
    if (i == 2) request.names = {"to"};
    if (i == 3) request.domain = "missing.example";
    Message copy = message;
    test::sign(copy, i % 2 == 0 ? SigningKey::shared_rsa() : SigningKey::shared_ed25519(), request,
               crypto);
    signatures.push_back(copy.fields.front());
  }
  std::sort(signatures.begin(), signatures.end());
  const auto key = [](const Outcome& outcome) {
    return outcome.signature_prefix + std::string(authres::to_token(outcome.result)) +
           outcome.reason;
  };
  std::vector<std::string> first;
  do {
    Message permuted = message;
    permuted.fields.insert(permuted.fields.begin(), signatures.begin(), signatures.end());
    const auto outcomes = test::verify(permuted, make_zone(), crypto);
    std::vector<std::string> keys;
    std::transform(outcomes.begin(), outcomes.end(), std::back_inserter(keys), key);
    std::sort(keys.begin(), keys.end());
    if (first.empty()) first = keys;
    CHECK(keys == first);
  } while (std::next_permutation(signatures.begin(), signatures.end()));
  CHECK(first.size() == 4);
}

TEST_CASE("verify: NUL, bare CR, and bare LF in header and body are octets like others",
          "[dkim][HDR-04][security]") {
  Message message = make_message();
  message.fields[2] = std::string("Subject: a\0b\rc", 14);
  message.body = std::string("a\0b\nc\r \r\n", 9);
  for (const auto mode : {Canonicalization::simple, Canonicalization::relaxed}) {
    SigningRequest request;
    request.header = request.body = mode;
    Message copy = message;
    test::sign(copy, SigningKey::shared_rsa(), request, crypto);
    CHECK(verify_one(copy).result == Result::pass);
    copy.body[1] = ' ';
    CHECK(verify_one(copy).result == Result::fail);
  }
}

}  // namespace
}  // namespace postern::dkim
