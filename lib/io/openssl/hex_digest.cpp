#include "lib/io/openssl/hex_digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "lib/base/hex.hpp"

namespace postern::io {
namespace {

std::string digest(const EVP_MD* method, std::string_view octets) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned size = 0;
  if (EVP_Digest(octets.data(), octets.size(), result.data(), &size, method, nullptr) != 1) {
    throw std::bad_alloc();
  }
  return hexadecimal({result.data(), size});
}

}  // namespace

std::string sha256_hex(std::string_view octets) {
  return digest(EVP_sha256(), octets);
}

std::string sha512_hex(std::string_view octets) {
  return digest(EVP_sha512(), octets);
}

}  // namespace postern::io
