// IP addresses in running text, found just where SpamAssassin's patterns find them
// (Mail::SpamAssassin::Constants: IP_ADDRESS, IPV4_ADDRESS, IP_PRIVATE, LOCALHOST).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace postern::antispam {

/// Where an address that begins at a place may end, best first.
struct TextEnds {
  std::array<std::size_t, 2> ends{};
  std::size_t count = 0;

  void add(std::size_t end) { ends[count++] = end; }
};

/// IP_ADDRESS at octet `at`: IPv4, IPv4 in IPv6, or IPv6, with or without "IPv6:" in front.
[[nodiscard]] TextEnds ip_address_at(std::string_view text, std::size_t at);
/// IPV4_ADDRESS at octet `at`; npos: none.
[[nodiscard]] std::size_t ipv4_end(std::string_view text, std::size_t at);
/// LOCALHOST at octet `at`: "localhost", "localhost.localdomain", 127.0.0.1, or ::1.
[[nodiscard]] TextEnds localhost_at(std::string_view text, std::size_t at);

/// The whole text is an address (IS_IP_ADDRESS, IS_IPV4_ADDRESS).
[[nodiscard]] bool is_ip_text(std::string_view text);
[[nodiscard]] bool is_ipv4_text(std::string_view text);
/// It begins with a private, local, or link-local address (IP_PRIVATE).
[[nodiscard]] bool is_private_ip_text(std::string_view text);

}  // namespace postern::antispam
