#include "lib/io/redis/server_address.hpp"

namespace postern::io::redis {

std::string ServerAddress::text() const {
  if (!path.empty()) return "redis+unix:" + path;
  const bool is_ipv6 = host.find(':') != host.npos;
  return (tls ? "rediss://" : "redis://") + (is_ipv6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

}  // namespace postern::io::redis
