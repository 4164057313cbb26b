#include "lib/dnslist/list.hpp"

#include <optional>

#include "lib/base/ascii.hpp"

namespace postern::dnslist {
namespace {

constexpr std::uint32_t first_octet = 0xff000000;
constexpr std::uint32_t loopback = 0x7f000000;

std::optional<std::uint32_t> number_of(std::string_view text) {
  const auto address = parse_ip_address(text);
  if (!address || !address->is_v4()) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | address->bytes()[i];
  return number;
}

std::optional<std::uint32_t> octet_of(std::string_view text) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text) {
    if (!ascii::is_digit(c)) return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number <= 255 ? std::optional(number) : std::nullopt;
}

bool is_loopback(std::uint32_t address) {
  return (address & first_octet) == loopback;
}

}  // namespace

bool Code::matches(std::uint32_t address) const {
  if (match == Match::range) return address >= low && address <= high;
  return (address & low & ~first_octet) != 0;
}

Parsed<Code> parse_code(std::string_view text) {
  if (text.starts_with('&')) {
    const auto bits = number_of(text.substr(1));
    if (!bits || *bits == 0 || (*bits & first_octet) != 0) {
      return parse_error(1, "is no bits such as \"&0.0.0.6\"");
    }
    return Code{Code::Match::any_bits, *bits, 0};
  }
  const std::size_t dash = text.find('-');
  const auto low = number_of(text.substr(0, dash));
  if (!low || !is_loopback(*low)) return parse_error(0, "is no address in 127.0.0.0/8");
  if (dash == text.npos) return Code{Code::Match::range, *low, *low};
  const std::string_view end = text.substr(dash + 1);
  auto high = number_of(end);
  if (const auto octet = octet_of(end)) high = (*low & ~0xffU) | *octet;
  if (!high || !is_loopback(*high) || *high < *low) {
    return parse_error(dash + 1, "is no end of a range such as \"127.0.0.4-11\"");
  }
  return Code{Code::Match::range, *low, *high};
}

}  // namespace postern::dnslist
