#include "lib/dkim/tag_values.hpp"

#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/base/hex.hpp"
#include "lib/dns/name.hpp"

namespace postern::dkim {
namespace {

std::optional<Canonicalization> parse_canonicalization(std::string_view word) {
  if (word == "simple") return Canonicalization::simple;
  if (word == "relaxed") return Canonicalization::relaxed;
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_number(std::string_view value, std::size_t digits) {
  if (value.empty() || value.size() > max_number_digits) return std::nullopt;
  if (!std::all_of(value.begin(), value.end(), ascii::is_digit)) return std::nullopt;
  if (value.size() > digits) return endless_number;
  std::uint64_t number = 0;
  for (const char c : value) number = number * 10 + static_cast<std::uint64_t>(c - '0');
  return number;
}

std::optional<std::string> parse_domain_value(std::string_view value, ToAsciiDomain to_ascii) {
  if (value.empty() || value.ends_with('.')) return std::nullopt;
  if (value.find('\0') != value.npos) return std::nullopt;
  const auto converted = to_ascii(value);
  if (!converted) return std::nullopt;
  auto domain = dns::parse_domain(*converted);
  if (!domain) return std::nullopt;
  return std::move(*domain);
}

std::optional<Canonicalizations> parse_canonicalizations(std::string_view value) {
  const std::size_t slash = value.find('/');
  const auto header = parse_canonicalization(value.substr(0, slash));
  if (!header) return std::nullopt;
  if (slash == value.npos) return Canonicalizations{*header, Canonicalization::simple};
  const auto body = parse_canonicalization(value.substr(slash + 1));
  if (!body) return std::nullopt;
  return Canonicalizations{*header, *body};
}

std::optional<std::string> decode_quoted_printable(std::string_view value) {
  std::string text;
  text.reserve(value.size());
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (ascii::is_space(value[at])) continue;
    if (value[at] != '=') {
      text += value[at];
      continue;
    }
    const int octet = hex_octet(value.substr(at + 1));
    if (octet < 0) return std::nullopt;
    text += static_cast<char>(octet);
    at += 2;
  }
  return text;
}

std::string encode_quoted_printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string value;
  value.reserve(text.size());
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > ' ' && octet != 0x7f && c != ';' && c != '=' && c != '|') {
      value += c;
      continue;
    }
    value += '=';
    value += digits[octet >> 4];
    value += digits[octet & 0xfU];
  }
  return value;
}

}  // namespace postern::dkim
