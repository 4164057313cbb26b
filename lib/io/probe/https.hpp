// Fetching a small file over HTTPS with the certificate verified, as MTA-STS wants it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"

namespace postern::io {

/// GET of https://HOST/PATH on port 443. Redirects are not followed (RFC 8461 §3.3).
/// \return The body of a 200 answer, or a sentence that says why there is none.
[[nodiscard]] Expected<std::string, std::string> fetch_https(
    const std::string& host, const std::string& path, const std::vector<IpAddress>& addresses,
    std::chrono::milliseconds timeout);

}  // namespace postern::io
