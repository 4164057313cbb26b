// Which mail of ours is signed, and why the rest is not.
#include "lib/signing/outbound_signer.hpp"

#include "lib/dkim/key_record.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "lib/io/openssl/private_key.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::signing {
namespace {

const io::OpensslCrypto crypto;

// One Ed25519 key for example.org.
class OneKey final : public dkim::KeySource {
 public:
  [[nodiscard]] std::vector<dkim::SigningKey> keys_for(std::string_view author_domain,
                                                       bool allow_parents) const override {
    const bool is_below = author_domain.ends_with(".example.org");
    if (author_domain != "example.org" && !(allow_parents && is_below)) return {};
    return {{"example.org", "s1", key}};
  }
  [[nodiscard]] dkim::NoKey why_none(std::string_view author_domain,
                                     bool /*allow_parents*/) const override {
    return {author_domain == "broken.example", "no active key for " + std::string(author_domain)};
  }
  [[nodiscard]] std::vector<std::string> domains() const override { return {"example.org"}; }

  std::shared_ptr<const dkim::PrivateKey> key =
      *io::parse_private_key(io::generate_private_key(dkim::PublicKey::Type::ed25519).pem);
};

const OneKey& keys() {
  static const OneKey one;
  return one;
}

struct Signed {
  Outcome outcome;
  std::vector<std::string> fields;
};

Signed sign(const test::Message& message, const Settings& settings) {
  const mail::HeaderSection header = message.header();
  dkim::BodyHasher body(crypto);
  OutboundSigner signer(header, crypto, io::to_ascii_domain, body, settings, keys());
  const bool expected = signer.will_sign();
  body.update(message.body);
  body.finish();
  Signed result;
  result.fields = signer.sign(test::test_now);
  result.outcome = signer.outcome();
  CHECK(expected == !result.fields.empty());
  return result;
}

test::Message from(const std::string& author) {
  return {{"From: " + author, "To: b@example.net", "Subject: x", "Date: today"}, "text\r\n"};
}

TEST_CASE("OutboundSigner: mail of a domain with a key is signed, and verifies", "[signing]") {
  test::Message message = from("a@example.org");
  const Signed result = sign(message, Settings());
  REQUIRE(result.fields.size() == 1);
  CHECK(result.outcome.signers == std::vector<std::string>{"example.org/s1"});
  CHECK(result.outcome.reason.empty());
  message.fields.insert(message.fields.begin(), "DKIM-Signature:" + result.fields.front());
  test::KeyZone zone;
  zone["s1._domainkey.example.org"] =
      test::text_answer({dkim::format_key_record(keys().key->public_key())});
  const auto outcomes = test::verify(message, zone, crypto, test::test_now);
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front().result == authres::Result::pass);
}

TEST_CASE("OutboundSigner: no signature, and the reason", "[signing]") {
  const auto [author, reason, is_fault] = GENERATE(table<std::string, std::string, bool>({
      {"a@example.net", "no active key for example.net", false},
      {"a@sub.example.org", "no active key for sub.example.org", false},
      {"a@broken.example", "no active key for broken.example", true},
      {"a@example.org, b@example.net", "authors of several domains", false},
      {"a@broken.example, b@example.net", "authors of several domains", false},
      {"nonsense", "unreadable address in From", false},
  }));
  const Signed result = sign(from(author), Settings());
  CHECK(result.fields.empty());
  CHECK(result.outcome.signers.empty());
  CHECK(result.outcome.reason == reason);
  CHECK(result.outcome.is_fault == is_fault);
}

TEST_CASE("OutboundSigner: two From fields are not signed", "[signing]") {
  test::Message message = from("a@example.org");
  message.fields.emplace_back("From: b@example.org");
  CHECK(sign(message, Settings()).outcome.reason == "2 From fields");
}

TEST_CASE("OutboundSigner: keys of a domain above, where that is allowed", "[signing]") {
  Settings settings;
  settings.parent_domains = true;
  CHECK(sign(from("a@news.example.org"), settings).outcome.signers.size() == 1);
}

TEST_CASE("OutboundSigner: a domain has settings of its own", "[signing]") {
  Settings settings;
  settings.domains["broken.example"].enabled = false;
  CHECK_FALSE(sign(from("a@broken.example"), settings).outcome.is_fault);  // nobody wants it
  settings.domains["example.org"].enabled = false;
  CHECK(sign(from("a@example.org"), settings).outcome.reason == "signing is off");
  settings.domains["example.org"].enabled = true;
  settings.domains["example.org"].expire = std::chrono::hours(24);
  const Signed result = sign(from("a@example.org"), settings);
  REQUIRE(result.fields.size() == 1);
  CHECK(result.fields.front().find("x=" + std::to_string(test::test_now + 24 * 3600)) !=
        std::string::npos);
}

}  // namespace
}  // namespace postern::signing
