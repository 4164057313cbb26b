#include "lib/base/base64.hpp"

#include <array>
#include <cstdint>

#include "lib/base/ascii.hpp"

namespace postern {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::int8_t not_in_alphabet = -1;

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(not_in_alphabet);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> values = make_values();

std::int8_t value_of(char c) {
  return values[static_cast<unsigned char>(c)];
}

// Decodes whole groups of four until one holds anything else: most of what comes.
// \return How many characters that were.
std::size_t decode_plain_groups(std::string_view text, char* out) {
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4, out += 3) {
    const int a = value_of(text[at]);
    const int b = value_of(text[at + 1]);
    const int c = value_of(text[at + 2]);
    const int d = value_of(text[at + 3]);
    if ((a | b | c | d) < 0) break;
    out[0] = static_cast<char>(a << 2 | b >> 4);
    out[1] = static_cast<char>(b << 4 | c >> 2);
    out[2] = static_cast<char>(c << 6 | d);
  }
  return at;
}

}  // namespace

Parsed<std::string> decode_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::uint32_t group = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (digits % 4 == 0 && padding == 0) {
      const std::size_t plain = decode_plain_groups(text.substr(at), bytes.data() + size);
      at += plain;
      size += plain / 4 * 3;
      if (at == text.size()) break;
    }
    const std::int8_t value = value_of(text[at]);
    if (value == not_in_alphabet) {
      if (ascii::is_space(text[at])) continue;
      if (text[at] != '=') return parse_error(at, "not base64");
      if (++padding > 2) return parse_error(at, "too much padding in base64");
      continue;
    }
    if (padding > 0) return parse_error(at, "not base64");
    group = group << 6 | static_cast<std::uint32_t>(value);
    if (++digits % 4 != 0) continue;
    bytes[size++] = static_cast<char>(group >> 16 & 0xff);
    bytes[size++] = static_cast<char>(group >> 8 & 0xff);
    bytes[size++] = static_cast<char>(group & 0xff);
  }
  const std::size_t rest = digits % 4;
  const bool padding_fits = padding == 0 || (rest != 0 && rest + padding == 4);
  if (rest == 1 || !padding_fits) return parse_error(text.size(), "base64 ends in mid-group");
  if (rest == 2) bytes[size++] = static_cast<char>(group >> 4 & 0xff);
  if (rest == 3) {
    bytes[size++] = static_cast<char>(group >> 10 & 0xff);
    bytes[size++] = static_cast<char>(group >> 2 & 0xff);
  }
  bytes.resize(size);
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view three = bytes.substr(at, 3);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < three.size() ? static_cast<unsigned char>(three[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= three.size() ? alphabet[group >> (18 - 6 * i) & 0x3f] : '=';
    }
  }
  return text;
}

}  // namespace postern
