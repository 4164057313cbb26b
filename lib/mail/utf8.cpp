#include "lib/mail/utf8.hpp"

namespace postern::mail {
namespace {

constexpr Utf8Char invalid{0xFFFD, 1, false};

constexpr unsigned octet(char c) {
  return static_cast<unsigned char>(c);
}

}  // namespace

Utf8Char first_utf8_char(std::string_view text) {
  if (text.empty()) return {};
  const unsigned lead = octet(text[0]);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return invalid;
  char32_t code = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(text[i]) & 0xC0U) != 0x80) return invalid;
    code = code << 6 | (octet(text[i]) & 0x3FU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest[size] || code > 0x10FFFF || is_surrogate) return invalid;
  return {code, size, true};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = first_utf8_char(text);
    if (!c.is_valid) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char c = first_utf8_char(text);
    repaired += c.is_valid ? text.substr(0, c.size) : replacement_character;
    text.remove_prefix(c.size);
  }
  return repaired;
}

void append_utf8(std::string& text, char32_t code) {
  const auto put = [&](char32_t value) { text += static_cast<char>(value); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::string_view cut_utf8(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (octet(text[size]) & 0xC0U) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace postern::mail
