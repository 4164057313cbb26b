#include "lib/io/openssl/key_cache.hpp"

#include <openssl/core_names.h>

namespace postern::io {
namespace {

BigNumber to_big_number(std::string_view bytes) {
  return BigNumber(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                             static_cast<int>(bytes.size()), nullptr));
}

Key build_rsa(const dkim::PublicKey& key) {
  const BigNumber modulus = to_big_number(key.modulus);
  const BigNumber exponent = to_big_number(key.exponent);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || !builder) return nullptr;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  const Params params(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* built = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &built, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return Key(built);
}

Key build_ed25519(const dkim::PublicKey& key) {
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                         reinterpret_cast<const unsigned char*>(key.point.data()),
                                         key.point.size()));
}

Key build(const dkim::PublicKey& key) {
  switch (key.type) {
    case dkim::PublicKey::Type::rsa: return build_rsa(key);
    case dkim::PublicKey::Type::ed25519: return build_ed25519(key);
  }
  return nullptr;
}

// Lengths stand before the numbers, so no two keys share an id.
std::string make_id(const dkim::PublicKey& key) {
  std::string id = key.type == dkim::PublicKey::Type::rsa ? "r" : "e";
  id.reserve(key.modulus.size() + key.exponent.size() + key.point.size() + 16);
  for (const std::string* part : {&key.modulus, &key.exponent, &key.point}) {
    id.append(std::to_string(part->size())).append(":").append(*part);
  }
  return id;
}

}  // namespace

KeyContext ReadyKey::take_context() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return nullptr;
  KeyContext context = std::move(waiting_.back());
  waiting_.pop_back();
  return context;
}

void ReadyKey::give_back(KeyContext context) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() < max_waiting) waiting_.push_back(std::move(context));
}

KeyCache::SharedKey KeyCache::find_or_build(const dkim::PublicKey& key) {
  std::string id = make_id(key);
  if (SharedKey known = find(id)) return known;
  Key built = build(key);
  if (!built) return nullptr;
  auto ready = std::make_shared<ReadyKey>(std::move(built));
  insert(std::move(id), ready);
  return ready;
}

KeyCache::SharedKey KeyCache::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return found->second->second;
}

void KeyCache::insert(std::string id, SharedKey key) {
  const std::lock_guard lock(mutex_);
  if (by_id_.count(id) != 0) return;
  by_use_.emplace_front(std::move(id), std::move(key));
  by_id_.emplace(by_use_.front().first, by_use_.begin());
  if (by_use_.size() <= capacity_) return;
  by_id_.erase(by_use_.back().first);
  by_use_.pop_back();
}

std::size_t KeyCache::size() const {
  const std::lock_guard lock(mutex_);
  return by_use_.size();
}

}  // namespace postern::io
