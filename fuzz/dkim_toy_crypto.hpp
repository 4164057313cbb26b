// A stand-in for cryptography: fuzz targets must get past hashes and signatures.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/dkim/crypto.hpp"
#include "lib/dns/name.hpp"

namespace postern::fuzz {

/// Four running FNV-1a hashes; all zeros when `is_constant`, so that "bh=AAA...=" is always right.
class ToyHasher final : public dkim::Hasher {
 public:
  explicit ToyHasher(bool is_constant) : is_constant_(is_constant) {}

  void update(std::string_view bytes) override {
    if (is_constant_) return;
    for (const char c : bytes) {
      for (std::uint64_t& lane : lanes_) {
        lane = (lane ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        lane ^= lane >> 29;
      }
    }
  }
  dkim::Digest finish() override {
    dkim::Digest digest{};
    for (std::size_t i = 0; i < digest.size() && !is_constant_; ++i) {
      digest[i] = static_cast<std::uint8_t>(lanes_[i / 8] >> (i % 8 * 8));
    }
    return digest;
  }
  [[nodiscard]] std::unique_ptr<dkim::Hasher> clone() const override {
    auto copy = std::make_unique<ToyHasher>(is_constant_);
    for (std::size_t i = 0; i < 4; ++i) copy->lanes_[i] = lanes_[i];
    return copy;
  }

 private:
  bool is_constant_;
  std::uint64_t lanes_[4] = {0xcbf29ce484222325, 2, 3, 5};
};

/// A signature is right when its first octet is even.
class ToyCrypto final : public dkim::Crypto {
 public:
  explicit ToyCrypto(bool is_constant) : is_constant_(is_constant) {}

  [[nodiscard]] std::unique_ptr<dkim::Hasher> sha256() const override {
    return std::make_unique<ToyHasher>(is_constant_);
  }
  [[nodiscard]] bool verify(const dkim::PublicKey& /*key*/, const dkim::Digest& /*digest*/,
                            std::string_view signature) const override {
    return !signature.empty() && (static_cast<unsigned char>(signature.front()) & 1U) == 0;
  }

 private:
  bool is_constant_;
};

inline std::optional<std::string> ascii_domain(std::string_view domain) {
  auto name = dns::parse_domain(domain);
  if (!name) return std::nullopt;
  return *name;
}

}  // namespace postern::fuzz
