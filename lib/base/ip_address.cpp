#include "lib/base/ip_address.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "lib/base/ascii.hpp"

namespace postern {
namespace {

constexpr std::size_t groups_of_v6 = 8;

// Four decimal numbers up to 255 without leading zeros, which some readers take as octal.
Parsed<std::array<std::uint8_t, 4>> parse_quad(std::string_view text) {
  std::array<std::uint8_t, 4> quad{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < quad.size(); ++i) {
    if (i > 0 && (at == text.size() || text[at++] != '.')) return parse_error(at, "not IPv4");
    const std::size_t start = at;
    unsigned value = 0;
    while (at < text.size() && ascii::is_digit(text[at]) && at - start < 3) {
      value = value * 10 + static_cast<unsigned>(text[at++] - '0');
    }
    const bool leading_zero = at - start > 1 && text[start] == '0';
    if (at == start || value > 255 || leading_zero) return parse_error(start, "not IPv4");
    quad[i] = static_cast<std::uint8_t>(value);
  }
  if (at != text.size()) return parse_error(at, "text after the IPv4 address");
  return quad;
}

// The groups of one side of "::", at most eight. At the end of an address the last may be a dotted
// quad worth two groups.
Parsed<std::vector<std::uint16_t>> parse_groups(std::string_view text, bool at_end) {
  std::vector<std::uint16_t> groups;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t colon = text.find(':', at);
    const std::string_view group = text.substr(at, colon - at);
    if (at_end && colon == text.npos && group.find('.') != group.npos) {
      const auto quad = parse_quad(group);
      if (!quad) return Unexpected<ParseError>(quad.error());
      groups.push_back(static_cast<std::uint16_t>((*quad)[0] << 8 | (*quad)[1]));
      groups.push_back(static_cast<std::uint16_t>((*quad)[2] << 8 | (*quad)[3]));
      break;
    }
    unsigned value = 0;
    for (const char c : group) {
      if (ascii::hex_value(c) < 0) return parse_error(at, "not IPv6");
      value = value << 4 | static_cast<unsigned>(ascii::hex_value(c));
      if (value > 0xffff) return parse_error(at, "IPv6 group is too large");
    }
    if (group.empty() || group.size() > 4) return parse_error(at, "not IPv6");
    groups.push_back(static_cast<std::uint16_t>(value));
    if (colon == text.npos) break;
    at = colon + 1;
    if (at == text.size()) return parse_error(at, "IPv6 address ends in a colon");
    if (groups.size() >= groups_of_v6) return parse_error(at, "too many IPv6 groups");
  }
  return groups;
}

Parsed<IpAddress> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const auto head = parse_groups(text.substr(0, gap), gap == text.npos);
  if (!head) return Unexpected<ParseError>(head.error());
  const auto tail =
      gap == text.npos ? std::vector<std::uint16_t>{} : parse_groups(text.substr(gap + 2), true);
  if (!tail) return Unexpected<ParseError>(tail.error());

  const std::size_t given = head->size() + tail->size();
  const bool complete = gap == text.npos ? given == groups_of_v6 : given < groups_of_v6;
  if (!complete) return parse_error(0, "wrong number of IPv6 groups");
  IpAddress::Bytes bytes{};
  const auto put = [&](std::size_t group, std::uint16_t value) {
    bytes[2 * group] = static_cast<std::uint8_t>(value >> 8);
    bytes[2 * group + 1] = static_cast<std::uint8_t>(value & 0xff);
  };
  for (std::size_t i = 0; i < head->size(); ++i) put(i, (*head)[i]);
  for (std::size_t i = 0; i < tail->size(); ++i) put(groups_of_v6 - tail->size() + i, (*tail)[i]);
  return IpAddress::v6(bytes);
}

std::string to_hex(unsigned value) {
  std::array<char, 4> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return {digits.data(), end};
}

// The longest run of at least two zero groups, the first of equals (RFC 5952 §4.2).
std::pair<std::size_t, std::size_t> zero_run(const std::array<unsigned, groups_of_v6>& groups) {
  std::size_t best = groups_of_v6;
  std::size_t best_size = 1;
  for (std::size_t i = 0; i < groups_of_v6; ++i) {
    std::size_t end = i;
    while (end < groups_of_v6 && groups[end] == 0) ++end;
    if (end - i > best_size) {
      best = i;
      best_size = end - i;
    }
  }
  return {best, best == groups_of_v6 ? 0 : best_size};
}

std::string v4_text(const IpAddress::Bytes& bytes, std::size_t first) {
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) text += '.';
    text += std::to_string(bytes[first + i]);
  }
  return text;
}

bool is_v4_mapped(const IpAddress::Bytes& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
         bytes[10] == 0xff && bytes[11] == 0xff;
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress ip;
  std::copy(bytes.begin(), bytes.end(), ip.bytes_.begin());
  return ip;
}

IpAddress IpAddress::v6(const Bytes& bytes) {
  IpAddress ip;
  ip.is_v4_ = false;
  ip.bytes_ = bytes;
  return ip;
}

IpAddress IpAddress::unmapped() const {
  if (is_v4_ || !is_v4_mapped(bytes_)) return *this;
  return v4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]});
}

bool IpAddress::is_in(const IpAddress& network, unsigned prefix) const {
  if (is_v4_ != network.is_v4_ || prefix > bits()) return false;
  const std::size_t whole = prefix / 8;
  if (!std::equal(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(whole),
                  network.bytes_.begin())) {
    return false;
  }
  if (prefix % 8 == 0) return true;
  const unsigned mask = 0xff00U >> (prefix % 8) & 0xffU;
  return ((bytes_[whole] ^ network.bytes_[whole]) & mask) == 0;
}

std::string IpAddress::text() const {
  if (is_v4_) return v4_text(bytes_, 0);
  if (is_v4_mapped(bytes_)) return "::ffff:" + v4_text(bytes_, 12);
  std::array<unsigned, groups_of_v6> groups{};
  for (std::size_t i = 0; i < groups_of_v6; ++i) {
    groups[i] = static_cast<unsigned>(bytes_[2 * i]) << 8 | bytes_[2 * i + 1];
  }
  const auto [gap, gap_size] = zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < groups_of_v6; ++i) {
    if (i == gap) {
      text += "::";
      i += gap_size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += to_hex(groups[i]);
  }
  return text;
}

Parsed<IpAddress> parse_ip_address(std::string_view text) {
  if (text.find(':') != text.npos) return parse_v6(text);
  return parse_quad(text).transform([](auto quad) { return IpAddress::v4(quad); });
}

Parsed<IpNetwork> parse_ip_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ip_address(text.substr(0, slash));
  if (!address) return Unexpected<ParseError>(address.error());
  if (slash == text.npos) return IpNetwork{*address, address->bits()};
  const std::string_view digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc{} || end != digits.data() + digits.size() || prefix > address->bits()) {
    return parse_error(slash + 1, "prefix length is not a number within the address");
  }
  return IpNetwork{*address, prefix};
}

}  // namespace postern
