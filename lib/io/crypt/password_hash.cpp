#include "lib/io/crypt/password_hash.hpp"

#include <crypt.h>
#include <string.h>  // explicit_bzero
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace postern::io {
namespace {

constexpr const char* yescrypt = "$y$";
constexpr unsigned long default_cost = 0;  // what libcrypt recommends

// The scratch of crypt(3) and the password as it wants it, wiped together.
struct CryptScratch {
  crypt_data data{};
  std::array<char, CRYPT_MAX_PASSPHRASE_SIZE> password{};

  CryptScratch() = default;
  CryptScratch(const CryptScratch&) = delete;
  CryptScratch& operator=(const CryptScratch&) = delete;
  ~CryptScratch() {
    ::explicit_bzero(&data, sizeof data);
    ::explicit_bzero(password.data(), password.size());
  }
};

std::string describe(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Expected<std::string, std::string> hash_password(std::string_view password) {
  const auto scratch = std::make_unique<CryptScratch>();
  if (password.size() >= scratch->password.size() || password.find('\0') != password.npos) {
    return Unexpected<std::string>("the password is longer than libcrypt takes, or has a NUL");
  }
  password.copy(scratch->password.data(), password.size());
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  const char* made = ::crypt_gensalt_rn(yescrypt, default_cost, nullptr, 0, setting.data(),
                                        static_cast<int>(setting.size()));
  if (made == nullptr) {
    return Unexpected<std::string>("libcrypt makes no yescrypt salt: " + describe(errno));
  }
  const char* hash = ::crypt_rn(scratch->password.data(), setting.data(), &scratch->data,
                                static_cast<int>(sizeof scratch->data));
  if (hash == nullptr) {
    return Unexpected<std::string>("libcrypt cannot hash the password: " + describe(errno));
  }
  return "{CRYPT}" + std::string(hash);
}

void fill_random(std::span<std::uint8_t> octets) {
  while (!octets.empty()) {
    const ssize_t got = ::getrandom(octets.data(), octets.size(), 0);
    if (got > 0) {
      octets = octets.subspan(static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
  }
}

}  // namespace postern::io
