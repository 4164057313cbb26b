// One DNS list as the operator describes it: where it is asked, which answers count, and how much.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"

namespace postern::dnslist {

/// What a list is asked about: the address of a client (RFC 5782 §2.1 and §2.4) or a domain (§3).
enum class Kind { address, domain };

inline constexpr std::size_t max_lists = 50;  ///< Asked about one client.
inline constexpr std::size_t max_codes = 50;  ///< Of one list.

/// Which A records count as a hit. The last octets of a record carry what a list knows.
struct Code {
  enum class Match {
    range,    ///< The address is from `low` to `high`, both included.
    any_bits  ///< The address without its first octet has one of the bits of `low`.
  };
  Match match = Match::range;
  std::uint32_t low = 0;   ///< IPv4 address as a number, most significant octet first.
  std::uint32_t high = 0;  ///< Only of `range`.

  [[nodiscard]] bool matches(std::uint32_t address) const;
  bool operator==(const Code&) const = default;
};

/// Reads "127.0.0.2", "127.0.0.4-127.0.0.11", the same with the last octet alone as
/// "127.0.0.4-11", or "&0.0.0.6" for answers that have one of these bits.
/// \return An error for anything else, addresses outside 127.0.0.0/8, and a range that ends before
///         it begins.
[[nodiscard]] Parsed<Code> parse_code(std::string_view text);

struct List {
  std::string name;  ///< How the operator calls it, in logs; a zone may hold a secret key.
  std::string zone;  ///< In the form of dns::parse_domain.
  Kind kind = Kind::address;
  double weight = 0;        ///< What a hit adds to the score; negative for an allow list.
  std::vector<Code> codes;  ///< One of them must match; empty: any.
  bool ipv6 = true;         ///< Whether it is asked about IPv6 addresses.
  bool reason = false;      ///< Whether the TXT record of a hit is asked for (RFC 5782 §2.1).
  /// What the list must hold, for its health: an address or a domain; empty: not looked at.
  std::string probe_listed;
  /// What it must not hold; empty: not looked at.
  std::string probe_unlisted;

  bool operator==(const List&) const = default;
};

}  // namespace postern::dnslist
