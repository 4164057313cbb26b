// How the operator names a Redis or Valkey server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace postern::io::redis {

struct ServerAddress {
  std::string path;  ///< Of a unix socket; empty: TCP.
  std::string host;  ///< A name or an address, without brackets.
  std::uint16_t port = 6379;
  bool tls = false;
  unsigned database = 0;

  /// For logs.
  [[nodiscard]] std::string text() const;
  bool operator==(const ServerAddress&) const = default;
};

/// Reads "unix:/PATH", "redis://HOST[:PORT][/DATABASE]", or the same with "rediss://" for TLS. IPv6
/// addresses stand in brackets. User and password do not belong here, since this gets into logs.
[[nodiscard]] Parsed<ServerAddress> parse_server_address(std::string_view text);

}  // namespace postern::io::redis
