#include "lib/io/openssl/private_key_kinds.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace postern::io {
namespace {

using dkim::PublicKey;

constexpr std::size_t ed25519_signature_size = 64;

void require(bool done, const char* what) {
  if (done) return;
  ERR_clear_error();  // the queue belongs to the thread, which goes on
  throw std::runtime_error(what);
}

unsigned char* octets(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

class RsaKey final : public dkim::PrivateKey {
 public:
  explicit RsaKey(Key key)
      : key_(std::move(key)),
        public_key_(read_public_key(key_.get())),
        context_(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr)) {
    EVP_PKEY_CTX* context = context_.get();
    require(context != nullptr && EVP_PKEY_sign_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1,
            "OpenSSL could not prepare an RSA key for signing");
  }

  [[nodiscard]] const PublicKey& public_key() const override { return public_key_; }

  [[nodiscard]] std::string sign(const dkim::Digest& digest) const override {
    const KeyContext context(EVP_PKEY_CTX_dup(context_.get()));
    std::string signature(public_key_.modulus.size(), '\0');
    std::size_t size = signature.size();
    require(context && EVP_PKEY_sign(context.get(), octets(signature), &size, digest.data(),
                                     digest.size()) == 1,
            "OpenSSL could not sign with an RSA key");
    signature.resize(size);
    return signature;
  }

 private:
  Key key_;
  PublicKey public_key_;
  // Copied from and never used: one context is for one thread, and a copy costs less than a new
  // one.
  KeyContext context_;
};

class Ed25519Key final : public dkim::PrivateKey {
 public:
  Ed25519Key(SecretBytes seed, PublicKey public_key)
      : seed_(std::move(seed)), public_key_(std::move(public_key)) {}

  [[nodiscard]] const PublicKey& public_key() const override { return public_key_; }

  [[nodiscard]] std::string sign(const dkim::Digest& digest) const override {
    const Key key = build();
    const DigestContext context(EVP_MD_CTX_new());
    std::string signature(ed25519_signature_size, '\0');
    std::size_t size = signature.size();
    require(key && context &&
                EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                EVP_DigestSign(context.get(), octets(signature), &size, digest.data(),
                               digest.size()) == 1,
            "OpenSSL could not sign with an Ed25519 key");
    signature.resize(size);
    return signature;
  }

 private:
  // With the public key given, OpenSSL need not compute it. It does not write to either.
  [[nodiscard]] Key build() const {
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY,
                                          const_cast<unsigned char*>(seed_.data()), seed_.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                          const_cast<char*>(public_key_.point.data()),
                                          public_key_.point.size()),
        OSSL_PARAM_construct_end()};
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "ED25519", nullptr));
    EVP_PKEY* built = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &built, EVP_PKEY_KEYPAIR, params) != 1) {
      return nullptr;
    }
    return Key(built);
  }

  SecretBytes seed_;
  PublicKey public_key_;
};

std::string get_number(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  require(EVP_PKEY_get_bn_param(key, name, &number) == 1, "OpenSSL does not tell a public number");
  const BigNumber owned(number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, octets(bytes));
  return bytes;
}

}  // namespace

PublicKey read_public_key(const EVP_PKEY* key) {
  PublicKey known;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    known.modulus = get_number(key, OSSL_PKEY_PARAM_RSA_N);
    known.exponent = get_number(key, OSSL_PKEY_PARAM_RSA_E);
    return known;
  }
  known.type = PublicKey::Type::ed25519;
  known.point.resize(ed25519_key_size);
  std::size_t size = known.point.size();
  require(EVP_PKEY_get_raw_public_key(key, octets(known.point), &size) == 1,
          "OpenSSL does not tell a public key");
  return known;
}

std::shared_ptr<const dkim::PrivateKey> make_rsa_key(Key key) {
  return std::make_shared<RsaKey>(std::move(key));
}

std::shared_ptr<const dkim::PrivateKey> make_ed25519_key(SecretBytes seed) {
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  require(key != nullptr, "OpenSSL does not take an Ed25519 key");
  return std::make_shared<Ed25519Key>(std::move(seed), read_public_key(key.get()));
}

}  // namespace postern::io
