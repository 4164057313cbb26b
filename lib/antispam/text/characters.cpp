#include "lib/antispam/text/characters.hpp"

#include <algorithm>
#include <cstring>

namespace postern::antispam {
namespace {

// U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000
bool is_wide_space(unsigned char a, unsigned char b, unsigned char c) {
  if (a == 0xE1) return b == 0x9A && c == 0x80;
  if (a == 0xE3) return b == 0x80 && c == 0x80;
  if (a != 0xE2) return false;
  if (b == 0x81) return c == 0x9F;
  return b == 0x80 && (c <= 0x8A || c == 0xA8 || c == 0xA9 || c == 0xAF);
}

}  // namespace

std::size_t leading_space(std::string_view text) {
  if (text.empty()) return 0;
  if (is_ascii_octet(text[0])) return is_space_octet(text[0]) ? 1 : 0;
  const auto octet = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (octet(0) == 0xC2) {  // U+0085, U+00A0
    return text.size() > 1 && (octet(1) == 0x85 || octet(1) == 0xA0) ? 2 : 0;
  }
  return text.size() > 2 && is_wide_space(octet(0), octet(1), octet(2)) ? 3 : 0;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation_octet(c); }));
}

std::size_t octets_of_characters(std::string_view text, std::size_t characters) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_continuation_octet(text[i])) continue;
    if (characters == 0) return i;
    --characters;
  }
  return text.size();
}

bool is_all_ascii(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  while (text.size() >= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), 8);
    if ((eight & high_bits) != 0) return false;
    text.remove_prefix(8);
  }
  return std::all_of(text.begin(), text.end(), is_ascii_octet);
}

void append_utf8(std::string& text, std::uint32_t character) {
  const auto add = [&text](std::uint32_t octet) { text += static_cast<char>(octet); };
  if (character > 0x10FFFF || (character >= 0xD800 && character < 0xE000)) character = 0xFFFD;
  if (character < 0x80) {
    add(character);
  } else if (character < 0x800) {
    add(0xC0 | character >> 6);
    add(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    add(0xE0 | character >> 12);
    add(0x80 | (character >> 6 & 0x3F));
    add(0x80 | (character & 0x3F));
  } else {
    add(0xF0 | character >> 18);
    add(0x80 | (character >> 12 & 0x3F));
    add(0x80 | (character >> 6 & 0x3F));
    add(0x80 | (character & 0x3F));
  }
}

}  // namespace postern::antispam
