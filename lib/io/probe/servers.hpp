// Whether servers that mail depends on answer in their own protocol.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/doctor/endpoint.hpp"

namespace postern::io {

/// How long one probe may take.
inline constexpr std::chrono::milliseconds probe_timeout{5000};

// Each gives an empty text when the server answered as it should, else a sentence.

/// Negotiates as Postfix does with milter_protocol 6, and quits.
[[nodiscard]] std::string probe_milter(const doctor::Endpoint& endpoint,
                                       std::chrono::milliseconds timeout = probe_timeout);

/// Asks a policy server about a recipient on this host; any "action=" will do.
[[nodiscard]] std::string probe_policy(const doctor::Endpoint& endpoint, const std::string& host,
                                       std::chrono::milliseconds timeout = probe_timeout);

/// Waits for the greeting of an SMTP server on port 25, at the first address that connects.
[[nodiscard]] std::string probe_smtp(const std::vector<IpAddress>& addresses,
                                     std::chrono::milliseconds timeout = probe_timeout);

}  // namespace postern::io
