// Where a Redis or Valkey server is.
#pragma once

#include <cstdint>
#include <string>

namespace postern::io::redis {

struct ServerAddress {
  std::string path;  ///< Of a unix socket; empty: TCP.
  std::string host;  ///< A name or an address, without brackets.
  std::uint16_t port = 6379;
  bool tls = false;
  unsigned database = 0;

  /// For logs.
  [[nodiscard]] std::string text() const;
};

}  // namespace postern::io::redis
