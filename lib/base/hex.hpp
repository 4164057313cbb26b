// Octets written as two hexadecimal digits, as "=41" and "%41" have them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/ascii.hpp"

namespace postern {

/// The octet whose two digits the text begins with, or -1.
constexpr int hex_octet(std::string_view text) {
  if (text.size() < 2) return -1;
  const int high = ascii::hex_value(text[0]);
  const int low = ascii::hex_value(text[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Octets as lower-case digits, as digests are shown.
inline std::string hexadecimal(std::span<const std::uint8_t> octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * octets.size());
  for (const std::uint8_t octet : octets) text += {digits[octet >> 4], digits[octet & 15]};
  return text;
}

}  // namespace postern
