#include "lib/io/iconv/unicode_forms.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::io {
namespace {

constexpr char replacement[] = "\xEF\xBF\xBD";

bool is_surrogate(std::uint32_t c) {
  return c >= 0xD800 && c < 0xE000;
}

bool is_character(std::uint32_t c) {
  const bool is_noncharacter = (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
  return c <= 0x10FFFF && !is_surrogate(c) && !is_noncharacter;
}

// Octets that the first one of a character promises, as long as Perl allows.
std::size_t promised_size(unsigned char first) {
  if (first < 0xC0) return 1;
  const auto ones = static_cast<std::size_t>(std::countl_one(first));
  return ones == 8 ? 13 : ones;
}

struct Utf8Step {
  std::size_t size = 1;  // octets of a character, or of what is none
  bool is_good = false;
};

Utf8Step utf8_step(std::string_view bytes) {
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto first = static_cast<unsigned char>(bytes[0]);
  const std::size_t promised = promised_size(first);
  std::size_t size = 1;
  std::uint32_t character = promised < 7 ? first & (0x7FU >> promised) : 0;
  while (size < std::min(promised, bytes.size()) && antispam::is_continuation_octet(bytes[size])) {
    character = character << 6 | (static_cast<unsigned char>(bytes[size]) & 0x3FU);
    ++size;
  }
  const bool is_whole = first >= 0xC0 && size == promised && promised <= 4;
  return {size, is_whole && character >= least[promised] && is_character(character)};
}

std::size_t ascii_size(std::string_view bytes) {
  std::size_t size = 0;
  while (size < bytes.size() && antispam::is_ascii_octet(bytes[size])) ++size;
  return size;
}

// Reads units of two or four octets.
class WideReader {
 public:
  WideReader(std::string_view bytes, std::string_view name)
      : bytes_(bytes),
        width_(name.find("32") != name.npos ? 4 : 2),
        has_pairs_(name.starts_with("utf-16")),
        is_little_(name.ends_with("le")) {
    if (name == "utf-16" || name == "utf-32") take_mark();
  }

  [[nodiscard]] bool is_at_end() const { return bytes_.size() - at_ < width_; }
  [[nodiscard]] bool is_whole() const { return at_ == bytes_.size(); }

  // Nothing: no character; the unit is passed over.
  std::optional<std::uint32_t> next() {
    const std::uint32_t unit = take();
    if (!is_surrogate(unit)) return is_character(unit) ? std::optional(unit) : std::nullopt;
    if (!has_pairs_ || unit >= 0xDC00 || is_at_end()) return std::nullopt;
    const std::uint32_t low = take();
    if (low < 0xDC00 || low >= 0xE000) {
      at_ -= width_;
      return std::nullopt;
    }
    const std::uint32_t character = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    return is_character(character) ? std::optional(character) : std::nullopt;
  }

 private:
  // A byte order mark; without one the greater octet comes first.
  void take_mark() {
    if (is_at_end()) return;
    if (take() == 0xFEFF) return;
    at_ = 0;
    is_little_ = true;
    if (take() == 0xFEFF) return;
    at_ = 0;
    is_little_ = false;
  }

  std::uint32_t take() {
    std::uint32_t unit = 0;
    for (std::size_t i = 0; i < width_; ++i) {
      const std::size_t place = is_little_ ? width_ - 1 - i : i;
      unit = unit << 8 | static_cast<unsigned char>(bytes_[at_ + place]);
    }
    at_ += width_;
    return unit;
  }

  std::string_view bytes_;
  std::size_t width_;
  bool has_pairs_;
  bool is_little_;
  std::size_t at_ = 0;
};

bool is_base64(char c) {
  return ascii::is_alnum(c) || c == '+' || c == '/';
}

std::string utf16_of_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char c : text) {
    bits = bits << 6 | static_cast<std::uint32_t>(letters.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return bytes;
}

}  // namespace

std::optional<std::string> decode_utf8(std::string_view bytes, OnBadOctet on_bad) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t plain = ascii_size(bytes);
    text += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const Utf8Step step = utf8_step(bytes);
    if (step.is_good) {
      text += bytes.substr(0, step.size);
    } else if (!append_bad(text, bytes[0], on_bad)) {
      return std::nullopt;
    }
    bytes.remove_prefix(step.size);
  }
  return text;
}

std::optional<std::string> decode_wide(std::string_view bytes, std::string_view name,
                                       OnBadOctet on_bad) {
  WideReader reader(bytes, name);
  std::string text;
  while (!reader.is_at_end()) {
    if (const auto character = reader.next()) {
      antispam::append_utf8(text, *character);
    } else if (on_bad == OnBadOctet::refuse) {
      return std::nullopt;
    } else {
      text += replacement;
    }
  }
  if (!reader.is_whole() && on_bad == OnBadOctet::refuse) return std::nullopt;
  return text;
}

std::string decode_utf7(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    if (bytes[0] != '+') {
      const auto character = static_cast<unsigned char>(bytes[0]);
      antispam::append_utf8(text, character);
      bytes.remove_prefix(1);
      continue;
    }
    std::size_t end = 1;
    while (end < bytes.size() && is_base64(bytes[end])) ++end;
    const bool is_escape = bytes.substr(1).starts_with('-') || end == 1;
    if (is_escape) {
      text += '+';
    } else {
      const std::string wide = utf16_of_base64(bytes.substr(1, end - 1));
      text += decode_wide(wide, "utf-16be", OnBadOctet::replace).value_or("");
    }
    if (end < bytes.size() && bytes[end] == '-') ++end;
    bytes.remove_prefix(end);
  }
  return text;
}

}  // namespace postern::io
