#include "lib/io/openssl/private_key.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "lib/base/base64.hpp"
#include "lib/io/openssl/handles.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using dkim::PublicKey;

std::string problem_of(std::string_view text) {
  const auto key = parse_private_key(text);
  return key ? "none" : key.error();
}

std::string arm(const std::string& label, const std::string& base64) {
  return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
}

std::string take(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

using Bio = CHandle<BIO, BIO_free>;

std::string pkcs8_pem(EVP_PKEY* key, const char* passphrase = nullptr) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const auto size = passphrase == nullptr ? 0 : static_cast<int>(std::string(passphrase).size());
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(bio.get(), key,
                                        passphrase == nullptr ? nullptr : EVP_aes_128_cbc(),
                                        passphrase, size, nullptr, nullptr) == 1);
  return take(bio.get());
}

std::string traditional_pem(EVP_PKEY* key, const char* passphrase = nullptr) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const auto size = passphrase == nullptr ? 0 : static_cast<int>(std::string(passphrase).size());
  REQUIRE(PEM_write_bio_PrivateKey_traditional(
              bio.get(), key, passphrase == nullptr ? nullptr : EVP_aes_128_cbc(),
              reinterpret_cast<const unsigned char*>(passphrase), size, nullptr, nullptr) == 1);
  return take(bio.get());
}

std::string public_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_PUBKEY(bio.get(), key) == 1);
  return take(bio.get());
}

// What stands between the first and the last line.
std::string inner(const std::string& pem) {
  const std::size_t begin = pem.find('\n') + 1;
  return pem.substr(begin, pem.rfind("-----END") - begin);
}

Key rsa(unsigned bits) {
  return Key(EVP_RSA_gen(bits));
}

EVP_PKEY* shared_rsa() {
  static const Key key = rsa(1024);
  return key.get();
}

constexpr std::string_view rfc8463_seed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
constexpr std::string_view rfc8463_point = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

TEST_CASE("parse_private_key: every form of one RSA key gives the same key", "[openssl]") {
  const OpensslCrypto crypto;
  const std::string pkcs8 = pkcs8_pem(shared_rsa());
  const std::string pkcs1 = traditional_pem(shared_rsa());
  std::string crlf;
  for (const char c : pkcs8) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  const std::string texts[] = {pkcs8,
                               pkcs1,
                               crlf,
                               "a comment\n" + pkcs8 + "more\n",
                               public_pem(shared_rsa()) + pkcs8,
                               pkcs8 + public_pem(shared_rsa()),
                               inner(pkcs8),
                               inner(pkcs1),
                               arm("RSA PRIVATE KEY", inner(pkcs8))};
  const auto first = parse_private_key(pkcs8);
  REQUIRE(first);
  const dkim::Digest digest = {1, 2, 3};
  for (const std::string& text : texts) {
    CAPTURE(&text - texts);
    const auto key = parse_private_key(text);
    REQUIRE(key);
    CHECK((*key)->public_key() == (*first)->public_key());
    CHECK((*key)->public_key().modulus.size() == 128);
    const std::string signature = (*key)->sign(digest);
    CHECK(signature.size() == 128);
    CHECK(crypto.verify((*first)->public_key(), digest, signature));
  }
}

TEST_CASE("parse_private_key: every form of the Ed25519 key of RFC 8463", "[openssl][rfc8463]") {
  const std::string seed = *decode_base64(rfc8463_seed);
  const std::string point = *decode_base64(rfc8463_point);
  const Key key(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(seed.data()), 32));
  const std::string texts[] = {std::string(rfc8463_seed),
                               std::string(rfc8463_seed.substr(0, 43)),
                               " " + std::string(rfc8463_seed) + "\r\n",
                               encode_base64(seed + point),
                               pkcs8_pem(key.get()),
                               inner(pkcs8_pem(key.get()))};
  for (const std::string& text : texts) {
    CAPTURE(&text - texts);
    const auto read = parse_private_key(text);
    REQUIRE(read);
    CHECK((*read)->public_key().type == PublicKey::Type::ed25519);
    CHECK((*read)->public_key().point == point);
    CHECK((*read)->sign({}).size() == 64);
    CHECK(OpensslCrypto().verify((*read)->public_key(), {}, (*read)->sign({})));
  }
}

TEST_CASE("parse_private_key: sizes of RSA keys", "[openssl][rfc8301-3.2]") {
  CHECK(problem_of(pkcs8_pem(rsa(1016).get())) ==
        "holds an RSA key of 1016 bits; verifiers want at least 1024");
  CHECK(problem_of(traditional_pem(rsa(512).get())) ==
        "holds an RSA key of 512 bits; verifiers want at least 1024");
  CHECK(problem_of(pkcs8_pem(rsa(4096).get())) == "none");
}

TEST_CASE("parse_private_key: what is refused, and why", "[openssl][security]") {
  const Key ec(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const Key x25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  const std::string pkcs8 = pkcs8_pem(shared_rsa());
  const std::string seed = *decode_base64(rfc8463_seed);
  const std::string encrypted = "is encrypted with a passphrase, which nobody could enter at start";
  const std::string other_kind = "holds a key that is neither RSA nor Ed25519";
  const std::pair<std::string, std::string> rows[] = {
      {"", "is empty"},
      {" \r\n", "is empty"},
      {"hello, world", "has a character that base64 does not have"},
      {"hello", "ends in the middle of its base64"},
      {"hell", "is neither PEM nor the base64 of a key"},
      {"MAAA", "holds no key that can be read"},
      {std::string(65537, 'A'), "is too large for a key"},
      {std::string(65536, 'A'), "is neither PEM nor the base64 of a key"},
      {pkcs8_pem(shared_rsa(), "secret"), encrypted},
      {traditional_pem(shared_rsa(), "secret"), encrypted},
      {public_pem(shared_rsa()), "holds a public key or certificate, but no private key"},
      {pkcs8_pem(ec.get()), other_kind},
      {pkcs8_pem(x25519.get()), other_kind},
      {traditional_pem(ec.get()), "holds an EC key; DKIM has RSA and Ed25519"},
      {arm("OPENSSH PRIVATE KEY", "AAAA"), "holds a key of SSH, not PKCS#8 or PKCS#1"},
      {arm("SECRET TEXT", "AAAA"), "holds a PEM block of another kind than a private key"},
      {pkcs8 + pkcs8, "holds more than one private key"},
      {pkcs8.substr(0, 300), "is cut off: a PEM block does not end"},
      {"-----BEGIN PRIVATE KEY-----", "is cut off: a PEM block does not end"},
      {arm("PRIVATE KEY", ""), "is empty"},
      {arm("PRIVATE KEY", inner(pkcs8).substr(0, 400)), "holds no PKCS#8 that can be read"},
      {arm("PRIVATE KEY", encode_base64(*decode_base64(inner(pkcs8)) + "x")),
       "holds no PKCS#8 that can be read"},
      {arm("RSA PRIVATE KEY",
           encode_base64(*decode_base64(inner(traditional_pem(shared_rsa()))) + "x")),
       "has octets behind its key"},
      {encode_base64(seed + seed), "holds an Ed25519 seed with the public key of another"},
  };
  for (const auto& [text, problem] : rows) {
    CAPTURE(text.substr(0, 60));
    CHECK(problem_of(text) == problem);
  }
}

TEST_CASE("parse_private_key: numbers that do not belong together", "[openssl][security]") {
  const std::string der = *decode_base64(inner(traditional_pem(shared_rsa())));
  // Offsets in a key of 1024 bits: the modulus; both the private exponent and a prime, since
  // OpenSSL makes a right signature with either.
  for (const std::vector<std::size_t>& places : {std::vector<std::size_t>{60}, {200, 300}}) {
    std::string changed = der;
    for (const std::size_t at : places) changed[at] = static_cast<char>(changed[at] ^ 0x10);
    CHECK(problem_of(arm("RSA PRIVATE KEY", encode_base64(changed))) ==
          "holds numbers that do not belong together");
  }
}

TEST_CASE("generate_private_key: what is made is read back", "[openssl]") {
  for (const auto type : {PublicKey::Type::rsa, PublicKey::Type::ed25519}) {
    const NewPrivateKey made = generate_private_key(type);
    CHECK(made.pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    const auto key = parse_private_key(made.pem);
    REQUIRE(key);
    CHECK((*key)->public_key() == made.public_key);
    CHECK(made.public_key.type == type);
  }
  CHECK(generate_private_key(PublicKey::Type::rsa, 1024).public_key.modulus.size() == 128);
  CHECK(generate_private_key(PublicKey::Type::rsa).public_key.modulus.size() == 256);
  for (const unsigned bits : {0U, 512U, 1023U, 4097U, 100'000U}) {
    CHECK_THROWS_AS(generate_private_key(PublicKey::Type::rsa, bits), std::invalid_argument);
  }
}

TEST_CASE("NewPrivateKey: moves, and keeps no text where it came from", "[openssl]") {
  NewPrivateKey made = generate_private_key(PublicKey::Type::ed25519);
  const std::string pem = made.pem;
  NewPrivateKey moved = std::move(made);
  CHECK(moved.pem == pem);
  made = generate_private_key(PublicKey::Type::ed25519);
  CHECK(made.pem != pem);
}

// Runs in the same process as the others, whose keys then lie in the secure heap too.
TEST_CASE("lock_key_memory: private numbers lie in the secure heap and leave it",
          "[openssl][security]") {
  lock_key_memory();
  lock_key_memory();
  REQUIRE(CRYPTO_secure_malloc_initialized() == 1);
  const std::string texts[] = {pkcs8_pem(rsa(2048).get()), traditional_pem(rsa(2048).get()),
                               inner(pkcs8_pem(rsa(2048).get())),
                               generate_private_key(PublicKey::Type::ed25519).pem,
                               std::string(rfc8463_seed)};
  const std::size_t before = CRYPTO_secure_used();
  for (const std::string& text : texts) {
    CAPTURE(&text - texts);
    {
      const auto key = parse_private_key(text);
      REQUIRE(key);
      const bool is_rsa = (*key)->public_key().type == PublicKey::Type::rsa;
      // d, two primes, two exponents, and a coefficient; or a seed.
      CHECK(CRYPTO_secure_used() - before >= (is_rsa ? 256U + 5 * 128U : 32U));
      CHECK_FALSE((*key)->sign({}).empty());
    }
    CHECK(CRYPTO_secure_used() == before);
  }
  CHECK_FALSE(parse_private_key(texts[0].substr(0, 900)));
  CHECK(CRYPTO_secure_used() == before);
}

}  // namespace
}  // namespace postern::io
