// A hash that is the same on all hosts and in all releases: of keys and of what is stored.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::store {

inline constexpr std::uint64_t fnv_basis = 14695981039346656037U;
inline constexpr std::uint64_t fnv_prime = 1099511628211U;

/// FNV-1a of 64 bits. Each step is a bijection, so texts that differ in one octet never have the
/// same hash. It notices accidents; it does not stop somebody who looks for collisions.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t basis = fnv_basis) {
  std::uint64_t hash = basis;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * fnv_prime;
  return hash;
}

}  // namespace postern::store
