#include "lib/io/openssl/openssl_crypto.hpp"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <new>
#include <stdexcept>

#include "lib/io/openssl/handles.hpp"
#include "lib/io/openssl/key_cache.hpp"

namespace postern::io {
namespace {

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// EVP fails at hashing only for lack of memory.
void require(bool done) {
  if (!done) throw std::bad_alloc();
}

class Sha256 final : public dkim::Hasher {
 public:
  explicit Sha256(DigestContext context) : context_(std::move(context)) {}

  void update(std::string_view bytes) override {
    require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }

  dkim::Digest finish() override {
    dkim::Digest digest{};
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return digest;
  }

  [[nodiscard]] std::unique_ptr<dkim::Hasher> clone() const override {
    DigestContext copy(EVP_MD_CTX_new());
    require(copy != nullptr && EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1);
    return std::make_unique<Sha256>(std::move(copy));
  }

 private:
  DigestContext context_;
};

// A context for RSASSA-PKCS1-v1_5 with SHA-256, or nullptr.
KeyContext make_rsa_context(EVP_PKEY* key, const EVP_MD* sha256) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const bool ready = context && EVP_PKEY_verify_init(context.get()) == 1 &&
                     EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                     EVP_PKEY_CTX_set_signature_md(context.get(), sha256) == 1;
  return ready ? std::move(context) : nullptr;
}

bool verify_rsa(ReadyKey& key, const EVP_MD* sha256, const dkim::Digest& digest,
                std::string_view signature) {
  KeyContext context = key.take_context();
  if (!context) context = make_rsa_context(key.get(), sha256);
  if (!context) return false;
  const bool is_right = EVP_PKEY_verify(context.get(), octets(signature), signature.size(),
                                        digest.data(), digest.size()) == 1;
  key.give_back(std::move(context));
  return is_right;
}

bool verify_ed25519(EVP_PKEY* key, const dkim::Digest& digest, std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), digest.data(),
                          digest.size()) == 1;
}

}  // namespace

struct OpensslCrypto::State {
  DigestMethod sha256;
  KeyCache keys;
};

OpensslCrypto::OpensslCrypto(std::size_t cached_keys)
    : state_(new State{DigestMethod(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
                       KeyCache(cached_keys)}) {
  if (!state_->sha256) throw std::runtime_error("OpenSSL has no SHA-256");
}

OpensslCrypto::~OpensslCrypto() = default;

std::unique_ptr<dkim::Hasher> OpensslCrypto::sha256() const {
  DigestContext context(EVP_MD_CTX_new());
  require(context != nullptr &&
          EVP_DigestInit_ex2(context.get(), state_->sha256.get(), nullptr) == 1);
  return std::make_unique<Sha256>(std::move(context));
}

bool OpensslCrypto::verify(const dkim::PublicKey& key, const dkim::Digest& digest,
                           std::string_view signature) const {
  const KeyCache::SharedKey ready = state_->keys.find_or_build(key);
  bool is_right = false;
  if (ready) {
    is_right = key.type == dkim::PublicKey::Type::rsa
                   ? verify_rsa(*ready, state_->sha256.get(), digest, signature)
                   : verify_ed25519(ready->get(), digest, signature);
  }
  if (!is_right) ERR_clear_error();  // the queue belongs to the thread, which goes on
  return is_right;
}

std::size_t OpensslCrypto::cached_keys() const {
  return state_->keys.size();
}

}  // namespace postern::io
