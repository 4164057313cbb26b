#include "lib/io/openssl/openssl_digests.hpp"

#include <array>

#include <openssl/evp.h>

namespace postern::io {
namespace {

/// Empty where the library refuses the algorithm, as it does MD5 in FIPS mode.
std::string digest(const EVP_MD* algorithm, std::string_view octets) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(octets.data(), octets.size(), out.data(), &size, algorithm, nullptr) != 1)
    return {};
  return {out.begin(), out.begin() + size};
}

}  // namespace

std::string OpensslDigests::md5(std::string_view octets) const {
  return digest(EVP_md5(), octets);
}

std::string OpensslDigests::sha1(std::string_view octets) const {
  return digest(EVP_sha1(), octets);
}

std::string OpensslDigests::sha256(std::string_view octets) const {
  return digest(EVP_sha256(), octets);
}

}  // namespace postern::io
