// What is fetched over HTTPS, and what comes of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"

namespace postern::io {

struct HttpsOptions {
  std::chrono::milliseconds timeout{10'000};
  std::size_t max_body = 64 * 1024;         ///< Octets.
  std::string content_type = "text/plain";  ///< What the server has to say; empty: anything.
  std::string ca_file;     ///< PEM of the authorities trusted; empty: those of the system.
  std::string connect_to;  ///< "ADDRESS:PORT" instead of those of requests, for tests.
};

struct HttpsRequest {
  std::string url;  ///< "https://HOST/…", without a port.
  /// Of the host; the system's resolver is never asked. Without any, and without connect_to, the
  /// request fails.
  std::vector<IpAddress> addresses;
};

/// The body, or one printable line that says why there is none.
using HttpsResult = Expected<std::string, std::string>;

}  // namespace postern::io
