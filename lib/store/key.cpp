#include "lib/store/key.hpp"

#include <cstdint>

#include "lib/store/hash.hpp"

namespace postern::store {
namespace {

constexpr std::uint64_t second_basis = 0x5bd1e9955bd1e995U;
constexpr char digits[] = "0123456789abcdef";

void append_escaped(std::string& key, std::string_view part) {
  for (const char c : part) {
    if (c > ' ' && c < 127 && c != '|' && c != '%') {
      key += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      key += {'%', digits[octet >> 4], digits[octet & 15]};
    }
  }
}

void append_hex(std::string& key, std::uint64_t number) {
  for (int shift = 60; shift >= 0; shift -= 4) key += digits[(number >> shift) & 15];
}

}  // namespace

std::string bounded_key(std::string_view prefix, std::initializer_list<std::string_view> parts) {
  std::string key(prefix);
  bool first = true;
  for (const std::string_view part : parts) {
    if (!first) key += '|';
    first = false;
    append_escaped(key, part);
  }
  if (key.size() < max_key_size) return key;
  const std::uint64_t one = fnv1a(key);
  const std::uint64_t two = fnv1a(key, second_basis);
  key.resize(max_key_size - 33);
  key += '~';
  append_hex(key, one);
  append_hex(key, two);
  return key;
}

std::string once_key(const Take& take) {
  return bounded_key("o/", {take.key, take.once});
}

}  // namespace postern::store
