#include "lib/mail/charset.hpp"

#include <array>

#include "lib/base/ascii.hpp"
#include "lib/mail/utf8.hpp"

namespace postern::mail {
namespace {

// windows-1252 at 0x80 to 0x9F; 0 where nothing is assigned.
constexpr std::array<char32_t, 32> windows_1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

constexpr std::array<std::string_view, 2> utf8_names = {"utf-8", "utf8"};
constexpr std::array<std::string_view, 3> ascii_names = {"us-ascii", "ascii", "ansi_x3.4-1968"};
constexpr std::array<std::string_view, 6> latin1_names = {
    "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252"};

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& names, std::string_view name) {
  for (const std::string_view known : names) {
    if (ascii::equals_ignoring_case(known, name)) return true;
  }
  return false;
}

std::string from_windows_1252(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    char32_t code = static_cast<unsigned char>(c);
    if (code >= 0x80 && code < 0xA0) code = windows_1252[code - 0x80];
    append_utf8(text, code == 0 && c != '\0' ? 0xFFFD : code);
  }
  return text;
}

class NativeCharsets final : public CharsetConverter {
 public:
  [[nodiscard]] std::optional<std::string> to_utf8(std::string_view bytes,
                                                   std::string_view charset) const override {
    if (is_one_of(ascii_names, charset)) return unlabelled_to_utf8(bytes);
    if (is_one_of(utf8_names, charset)) return repair_utf8(bytes);
    if (is_one_of(latin1_names, charset)) return from_windows_1252(bytes);
    return std::nullopt;
  }
};

}  // namespace

const CharsetConverter& native_charsets() {
  static const NativeCharsets charsets;
  return charsets;
}

std::string unlabelled_to_utf8(std::string_view bytes) {
  return is_utf8(bytes) ? std::string(bytes) : from_windows_1252(bytes);
}

std::string text_to_utf8(std::string_view bytes, std::string_view charset,
                         const CharsetConverter& charsets) {
  charset = ascii::trim(charset);
  if (charset.size() <= max_charset_name_size) {
    if (auto text = charsets.to_utf8(bytes, charset)) return std::move(*text);
  }
  return unlabelled_to_utf8(bytes);
}

}  // namespace postern::mail
