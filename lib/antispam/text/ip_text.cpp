#include "lib/antispam/text/ip_text.hpp"

#include "lib/base/ascii.hpp"
#include "lib/base/ip_address.hpp"

namespace postern::antispam {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view ipv6_prefix = "IPv6:";

bool is_word(char c) {
  return ascii::is_alnum(c) || c == '_';
}

bool is_ipv6_char(char c) {
  return c == ':' || ascii::hex_value(c) >= 0;
}

char before(std::string_view text, std::size_t at) {
  return at > 0 ? text[at - 1] : ' ';
}

char after(std::string_view text, std::size_t end) {
  return end < text.size() ? text[end] : ' ';
}

/// End of a decimal number from 0 to 255 without leading zeros that takes all digits; npos: none.
std::size_t octet_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  unsigned value = 0;
  while (end < text.size() && ascii::is_digit(text[end]) && end - at < 4) {
    value = value * 10 + static_cast<unsigned>(text[end++] - '0');
  }
  const std::size_t digits = end - at;
  const bool ok = digits >= 1 && digits <= 3 && value <= 255 && (digits == 1 || text[at] != '0');
  return ok ? end : npos;
}

std::size_t dotted_quad_end(std::string_view text, std::size_t at) {
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0 && (at >= text.size() || text[at++] != '.')) return npos;
    at = octet_end(text, at);
    if (at == npos) return npos;
  }
  return at;
}

/// Groups of hexadecimal digits before and after "::".
struct Groups {
  bool valid = false;
  bool has_gap = false;
  unsigned before_gap = 0;
  unsigned after_gap = 0;
};

Groups read_groups(std::string_view run) {
  Groups groups;
  std::size_t at = 0;
  while (at < run.size()) {
    if (run[at] == ':') {
      const bool is_gap = at + 1 < run.size() && run[at + 1] == ':';
      if (is_gap && groups.has_gap) return {};
      if (!is_gap && (at == 0 || at + 1 == run.size())) return {};
      groups.has_gap = groups.has_gap || is_gap;
      at += is_gap ? 2 : 1;
      if (is_gap && at < run.size() && run[at] == ':') return {};
      continue;
    }
    const std::size_t start = at;
    while (at < run.size() && run[at] != ':') ++at;
    if (at - start > 4) return {};
    ++(groups.has_gap ? groups.after_gap : groups.before_gap);
  }
  groups.valid = true;
  return groups;
}

/// `wanted` groups without "::", or fewer with it.
bool has_shape(std::string_view run, unsigned wanted) {
  const Groups groups = read_groups(run);
  if (!groups.valid) return false;
  const unsigned count = groups.before_gap + groups.after_gap;
  return groups.has_gap ? count < wanted : count == wanted;
}

/// End of the dotted IPv4 part of an IPv4-in-IPv6 address whose hexadecimal part is text[at, end).
std::size_t mapped_end(std::string_view text, std::size_t at, std::size_t end) {
  if (after(text, end) != '.') return npos;
  const std::size_t colon = text.substr(at, end - at).rfind(':');
  if (colon == npos) return npos;
  std::string_view prefix = text.substr(at, colon + 1);
  if (!prefix.ends_with("::")) prefix.remove_suffix(1);
  if (!has_shape(prefix, 6)) return npos;
  const std::size_t quad = dotted_quad_end(text, at + colon + 1);
  return quad == npos || is_ipv6_char(after(text, quad)) ? npos : quad;
}

/// Where the hexadecimal part begins; npos: an IPv6 address cannot begin here.
std::size_t ipv6_begin(std::string_view text, std::size_t at) {
  if (ascii::starts_with_ignoring_case(text.substr(at), ipv6_prefix)) {
    return at + ipv6_prefix.size();
  }
  return is_ipv6_char(before(text, at)) ? npos : at;
}

TextEnds ipv6_at(std::string_view text, std::size_t at) {
  TextEnds found;
  at = ipv6_begin(text, at);
  if (at == npos) return found;
  std::size_t end = at;
  std::size_t colons = 0;
  constexpr std::size_t longest = 40;  // eight groups of four, seven colons, and one more to refuse
  while (end < text.size() && is_ipv6_char(text[end]) && end - at < longest) {
    colons += text[end++] == ':' ? 1 : 0;
  }
  if (colons < 2 || is_ipv6_char(after(text, end))) return found;
  const std::size_t mapped = mapped_end(text, at, end);
  if (mapped != npos) found.add(mapped);
  if (has_shape(text.substr(at, end - at), 8)) found.add(end);
  return found;
}

std::string_view without_ipv6_prefix(std::string_view text) {
  if (ascii::starts_with_ignoring_case(text, ipv6_prefix)) text.remove_prefix(ipv6_prefix.size());
  return text;
}

bool starts_private_ipv4(std::string_view text) {
  const auto number = [&text]() -> int {  // up to three digits and a dot
    std::size_t digits = 0;
    int value = 0;
    while (digits < text.size() && digits < 4 && ascii::is_digit(text[digits])) {
      value = value * 10 + (text[digits++] - '0');
    }
    if (digits == 0 || digits == text.size() || text[digits] != '.') return -1;
    if (digits > 1 && text[0] == '0') return -1;
    text.remove_prefix(digits + 1);
    return value;
  };
  const int first = number();
  if (first == 10 || first == 127) return true;
  if (first != 169 && first != 172 && first != 192 && first != 100) return false;
  const int second = number();
  return (first == 169 && second == 254) || (first == 172 && second >= 16 && second <= 31) ||
         (first == 192 && second == 168) || (first == 100 && second >= 64 && second <= 127);
}

bool is_whole(const TextEnds& found, std::string_view text) {
  for (std::size_t i = 0; i < found.count; ++i) {
    if (found.ends[i] == text.size()) return true;
  }
  return false;
}

bool is_loopback(std::string_view address) {
  const auto ip = parse_ip_address(address);
  if (!ip) return false;
  IpAddress::Bytes one{};
  one[15] = 1;
  return *ip == IpAddress::v6(one) || ip->unmapped() == IpAddress::v4({127, 0, 0, 1});
}

}  // namespace

std::size_t ipv4_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || !ascii::is_digit(text[at]) || is_word(before(text, at))) return npos;
  const std::size_t end = dotted_quad_end(text, at);
  return end == npos || is_word(after(text, end)) ? npos : end;
}

TextEnds ip_address_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  const std::size_t end = before(text, at) == ':' ? npos : ipv4_end(text, at);
  if (end != npos) {
    TextEnds found;
    found.add(end);
    return found;
  }
  return ipv6_at(text, at);
}

TextEnds localhost_at(std::string_view text, std::size_t at) {
  constexpr std::string_view name = "localhost";
  constexpr std::string_view domain = ".localdomain";
  TextEnds found;
  if (at >= text.size()) return found;
  if (ascii::starts_with_ignoring_case(text.substr(at), name)) {
    const std::size_t end = at + name.size();
    if (ascii::starts_with_ignoring_case(text.substr(end), domain)) found.add(end + domain.size());
    found.add(end);
    return found;
  }
  const TextEnds all = ip_address_at(text, at);
  for (std::size_t i = 0; i < all.count; ++i) {
    const std::string_view address = text.substr(at, all.ends[i] - at);
    if (is_loopback(without_ipv6_prefix(address))) found.add(all.ends[i]);
  }
  return found;
}

bool is_ip_text(std::string_view text) {
  return is_whole(ip_address_at(text, 0), text);
}

bool is_ipv4_text(std::string_view text) {
  return !text.empty() && ipv4_end(text, 0) == text.size();
}

bool is_private_ip_text(std::string_view text) {
  if (starts_private_ipv4(text)) return true;
  text = without_ipv6_prefix(text);
  if (text.size() >= 5 && ascii::equals_ignoring_case(text.substr(0, 2), "fe") && text[4] == ':') {
    const char third = ascii::to_lower(text[2]);
    const bool link_local = third == '8' || third == '9' || third == 'a' || third == 'b';
    if (link_local && ascii::hex_value(text[3]) >= 0) return true;
  }
  if (text.find(':') == npos) return false;
  const auto ip = parse_ip_address(text);
  if (!ip) return false;
  const IpAddress plain = ip->unmapped();
  return plain.is_v4() ? starts_private_ipv4(plain.text()) : is_loopback(text);
}

}  // namespace postern::antispam
