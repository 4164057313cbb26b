// Looking up the addresses of a host without waiting for longer than is wanted.
#pragma once

#include <netdb.h>

#include <memory>
#include <string>

#include "lib/base/result.hpp"
#include "lib/io/redis/connection.hpp"

namespace postern::io::redis {

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

/// Never empty. The system's resolver decides: files, DNS, or others.
[[nodiscard]] Expected<Addresses, std::string> resolve(const std::string& host, std::uint16_t port,
                                                       Deadline deadline);

}  // namespace postern::io::redis
