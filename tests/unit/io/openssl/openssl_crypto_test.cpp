#include "lib/io/openssl/openssl_crypto.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include "lib/dkim/key.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_signer.hpp"

namespace postern::io {
namespace {

using dkim::Digest;
using dkim::PublicKey;
using test::SigningKey;

Digest sha256(const OpensslCrypto& crypto, std::string_view text) {
  const auto hasher = crypto.sha256();
  hasher->update(text);
  return hasher->finish();
}

PublicKey public_key(const SigningKey& key) {
  return dkim::parse_key_record(key.record())->key;
}

// Different keys that are well-formed; nobody has their private half.
PublicKey made_up_key(unsigned number) {
  PublicKey key;
  key.modulus = test::odd_number(1024);
  key.modulus[60] = static_cast<char>(number >> 8);
  key.modulus[61] = static_cast<char>(number);
  key.exponent = "\x03";
  return key;
}

TEST_CASE("sha256: known hash, and clones go on by themselves", "[openssl]") {
  const OpensslCrypto crypto;
  const Digest abc = sha256(crypto, "abc");
  CHECK(abc[0] == 0xba);  // FIPS 180-4, example of SHA-256
  CHECK(abc[31] == 0xad);
  const auto hasher = crypto.sha256();
  hasher->update("a");
  const auto clone = hasher->clone();
  clone->update("xyz");
  hasher->update("bc");
  CHECK(hasher->finish() == abc);
  CHECK(clone->finish() == sha256(crypto, "axyz"));
}

TEST_CASE("verify: right and wrong signatures of both kinds", "[openssl]") {
  const OpensslCrypto crypto;
  const Digest digest = sha256(crypto, "text");
  for (const SigningKey* key : {&SigningKey::shared_rsa(), &SigningKey::shared_ed25519()}) {
    const PublicKey known = public_key(*key);
    std::string signature = key->sign(digest);
    CHECK(crypto.verify(known, digest, signature));
    CHECK_FALSE(crypto.verify(known, sha256(crypto, "other"), signature));
    CHECK_FALSE(crypto.verify(known, digest, std::string_view(signature).substr(1)));
    CHECK_FALSE(crypto.verify(known, digest, ""));
    CHECK_FALSE(crypto.verify(known, digest, signature + "x"));
    signature[10] = static_cast<char>(signature[10] ^ 1);
    CHECK_FALSE(crypto.verify(known, digest, signature));
  }
}

TEST_CASE("verify: numbers that are no key are no crash", "[openssl][security]") {
  const OpensslCrypto crypto;
  const Digest digest{};
  PublicKey empty;
  CHECK_FALSE(crypto.verify(empty, digest, "x"));
  empty.type = PublicKey::Type::ed25519;
  CHECK_FALSE(crypto.verify(empty, digest, "x"));
  PublicKey huge;
  huge.modulus = test::odd_number(20000);
  huge.exponent = "\x03";
  CHECK_FALSE(crypto.verify(huge, digest, std::string(2500, 'x')));
}

TEST_CASE("verify: keys are kept up to the bound, and used ones stay", "[openssl]") {
  const OpensslCrypto crypto(4);
  const Digest digest = sha256(crypto, "text");
  const PublicKey known = public_key(SigningKey::shared_rsa());
  const std::string signature = SigningKey::shared_rsa().sign(digest);
  for (unsigned i = 0; i < 20; ++i) {
    CHECK(crypto.verify(known, digest, signature));
    CHECK_FALSE(crypto.verify(made_up_key(i), digest, std::string(128, 's')));
    CHECK(crypto.cached_keys() <= 4);
  }
  CHECK(crypto.cached_keys() == 4);
}

TEST_CASE("verify: many threads share one object", "[openssl]") {
  const OpensslCrypto crypto(3);
  const Digest digest = sha256(crypto, "text");
  const PublicKey known = public_key(SigningKey::shared_rsa());
  const std::string signature = SigningKey::shared_rsa().sign(digest);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 100; ++i) {
        if (crypto.verify(known, digest, signature)) ++right;
        if (crypto.verify(made_up_key(t * 7 + i), digest, signature)) --right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 400);
  CHECK(crypto.cached_keys() == 3);
}

}  // namespace
}  // namespace postern::io
