#include "lib/antispam/uri/url_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "lib/antispam/text/characters.hpp"
#include "lib/base/ascii.hpp"

namespace postern::antispam {
namespace {

constexpr auto npos = std::string_view::npos;

/// Value of the two hexadecimal digits after a "%" at `at`; -1: they are not there.
int escape_at(std::string_view url, std::size_t at) {
  if (at + 2 >= url.size() || url[at] != '%') return -1;
  const int high = ascii::hex_value(url[at + 1]);
  const int low = ascii::hex_value(url[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool is_printable(int value) {
  return value > 0x20 && value < 0x7F;
}

void append_escape(std::string& text, unsigned value) {
  constexpr std::string_view digits = "0123456789abcdef";
  text += '%';
  text += digits[value >> 4];
  text += digits[value & 15];
}

bool needs_escape(unsigned char octet) {
  return octet <= 0x20 || octet == 0x7F || octet == '"' || octet == '%' || octet == '<' ||
         octet == '>';
}

/// U+0080 to U+00FF in UTF-8 at `at`; 0: another character.
unsigned latin1_at(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if ((lead != 0xC2 && lead != 0xC3) || at + 1 >= text.size()) return 0;
  return ((lead & 3U) << 6) | (static_cast<unsigned char>(text[at + 1]) & 0x3FU);
}

std::size_t skip_zeros(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == '0') ++at;
  return at;
}

/// Value of the digits up to ";" if it is printable; `end` is set behind the ";". Else 0.
char entity_character(std::string_view text, std::size_t at, int base, std::size_t& end) {
  at = skip_zeros(text, at);
  int value = 0;
  const auto [stop, error] =
      std::from_chars(text.data() + at, text.data() + std::min(at + 4, text.size()), value, base);
  end = static_cast<std::size_t>(stop - text.data());
  const bool ok = error == std::errc() && is_printable(value) && end < text.size() &&
                  text[end] == ';' && text[at] != '-';
  ++end;
  return ok ? static_cast<char>(value) : '\0';
}

/// Replaces entities that begin with `mark` and are digits of `base`.
std::string decode_entities(std::string_view text, std::string_view mark, int base) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find(mark); at != npos; at = text.find(mark, at + 1)) {
    if (at < from) continue;
    std::size_t end = 0;
    const char c = entity_character(text, at + mark.size(), base, end);
    if (c == '\0') continue;
    out.append(text.substr(from, at - from)) += c;
    from = end;
  }
  return out.append(text.substr(from));
}

std::string decode_dots(std::string_view text) {
  constexpr std::array<std::string_view, 7> dots = {"x2e;",   "12290;", "x3002;", "65294;",
                                                    "xff0e;", "65377;", "xff61;"};
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find("&#"); at != npos; at = text.find("&#", at + 1)) {
    for (const std::string_view dot : dots) {
      if (!ascii::starts_with_ignoring_case(text.substr(at + 2), dot)) continue;
      out.append(text.substr(from, at - from)) += '.';
      from = at + 2 + dot.size();
    }
  }
  return out.append(text.substr(from));
}

/// Perl's "%d" of hex(): beyond 64 bits it is -1.
std::string decimal_of_hex(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  std::uint64_t value = std::numeric_limits<std::uint64_t>::max();
  if (digits.size() <= 16) {
    value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  }
  return std::to_string(static_cast<std::int64_t>(value));
}

bool is_hex_number(std::string_view text) {
  if (text.size() < 3 || text[0] != '0' || ascii::to_lower(text[1]) != 'x') return false;
  for (const char c : text.substr(2)) {
    if (ascii::hex_value(c) < 0) return false;
  }
  return true;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == npos;
}

/// "0377" is octal 255, up to 0377; longer and higher numbers are not octal.
std::string decimal_part(std::string_view part) {
  if (is_hex_number(part)) {
    std::string decimal = decimal_of_hex(part.substr(2));
    return decimal.substr(std::min(decimal.find_first_not_of('0'), decimal.size()));
  }
  const std::string_view digits = part.substr(skip_zeros(part, 0));
  const bool octal = digits.size() < part.size() && !digits.empty() && digits.size() <= 3 &&
                     digits.find_first_not_of("01234567") == npos &&
                     (digits.size() < 3 || digits[0] <= '3');
  if (!octal) return std::string(digits);
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  return std::to_string(value);
}

/// Perl's unpack of what "%08lx" prints: the first four octets.
std::string quad_of(std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + 16, value, 16);
  std::string hex(digits.data(), end);
  if (hex.size() < 8) hex.insert(0, 8 - hex.size(), '0');
  std::string quad;
  for (std::size_t i = 0; i < 8; i += 2) {
    if (i > 0) quad += '.';
    quad += std::to_string(ascii::hex_value(hex[i]) * 16 + ascii::hex_value(hex[i + 1]));
  }
  return quad;
}

}  // namespace

bool has_escape(std::string_view url) {
  for (std::size_t at = url.find('%'); at != npos; at = url.find('%', at + 1)) {
    if (escape_at(url, at) >= 0) return true;
  }
  return false;
}

PerlString url_encoded(const PerlString& url) {
  const std::string_view text = url.bytes;
  PerlString out{{}, url.is_characters};
  out.bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto octet = static_cast<unsigned char>(text[at]);
    const int escape = escape_at(text, at);
    if (escape >= 0) {
      if (is_printable(escape)) {
        out.bytes += static_cast<char>(escape);
      } else {
        out.bytes += text.substr(at, 3);
      }
      at += 2;
    } else if (needs_escape(octet) || (octet >= 0x80 && !url.is_characters)) {
      append_escape(out.bytes, octet);
    } else if (const unsigned latin1 = octet >= 0x80 ? latin1_at(text, at) : 0; latin1 != 0) {
      append_escape(out.bytes, latin1);
      ++at;
    } else {
      out.bytes += text[at];
    }
  }
  return out;
}

std::string without_entities(std::string_view url) {
  if (url.find("&#") == npos) return std::string(url);
  return decode_dots(decode_entities(decode_entities(url, "&#", 10), "&#x", 16));
}

std::string decimal_quad(std::string_view host) {
  std::string quad;
  for (int i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? host.find('.') : host.size();
    if (dot == npos) return {};
    const std::string_view part = host.substr(0, dot);
    if (!is_hex_number(part) && !is_number(part)) return {};
    quad += decimal_part(part);
    if (i < 3) {
      quad += '.';
      host.remove_prefix(dot + 1);
    }
  }
  return quad;
}

std::string quad_of_number(std::string_view host) {
  const bool is_hex = is_hex_number(host);
  if (!is_hex && !is_number(host)) return {};
  if (is_hex) {
    host.remove_prefix(2);
    if (host.size() > 8) host = host.substr(host.size() - 8);
  }
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(host.data(), host.data() + host.size(), value, is_hex ? 16 : 10);
  if (error != std::errc()) value = std::numeric_limits<std::uint64_t>::max();
  return quad_of(value);
}

}  // namespace postern::antispam
