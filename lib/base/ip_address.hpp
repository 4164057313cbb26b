// IPv4 and IPv6 addresses as values: SMTP clients, A and AAAA records, networks of SPF and
// settings.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern {

/// An IPv4 or IPv6 address. Compared by family, then bytes.
class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  /// 0.0.0.0.
  IpAddress() = default;

  /// From network byte order, as in a socket address or a DNS record.
  static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  static IpAddress v6(const Bytes& bytes);

  [[nodiscard]] bool is_v4() const { return is_v4_; }
  /// The address in network byte order; of IPv4 the first four bytes count, the rest is zero.
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  /// 32 or 128.
  [[nodiscard]] unsigned bits() const { return is_v4_ ? 32 : 128; }

  /// ::ffff:192.0.2.1 becomes 192.0.2.1; any other address stays as it is (RFC 4291 §2.5.5.2).
  [[nodiscard]] IpAddress unmapped() const;

  /// Whether the first `prefix` bits are those of `network`. False for another family.
  [[nodiscard]] bool is_in(const IpAddress& network, unsigned prefix) const;

  /// Text as in RFC 5952 §4.
  [[nodiscard]] std::string text() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  bool is_v4_ = true;
  Bytes bytes_{};
};

/// Reads dotted-quad IPv4 (four decimal numbers, no leading zeros) or IPv6 (RFC 4291 §2.2).
[[nodiscard]] Parsed<IpAddress> parse_ip_address(std::string_view text);

/// An address and how many of its leading bits count.
struct IpNetwork {
  IpAddress address;
  unsigned prefix = 0;

  [[nodiscard]] bool contains(const IpAddress& ip) const { return ip.is_in(address, prefix); }
  bool operator==(const IpNetwork&) const = default;
};

/// Reads "ADDRESS" or "ADDRESS/PREFIX".
[[nodiscard]] Parsed<IpNetwork> parse_ip_network(std::string_view text);

}  // namespace postern
