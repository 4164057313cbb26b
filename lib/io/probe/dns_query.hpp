// Questions of DNS for which the resolver has no form: the AD bit, and SRV records.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/doctor/facts.hpp"

namespace postern::io {

struct NameServer {
  IpAddress address;
  std::uint16_t port = 53;
};

/// Whether the server says that it has validated an answer from the signed root zone: the AD bit
/// (RFC 6840 §5.8).
[[nodiscard]] doctor::Observed<bool> probe_authenticated_data(const NameServer& server,
                                                              std::chrono::milliseconds timeout);

/// The SRV records with which mail programs find the servers of a domain (RFC 6186 §3.4,
/// RFC 8314 §5.1). One entry per service; of several records the most preferred.
[[nodiscard]] doctor::Observed<std::vector<doctor::ServiceFact>> probe_services(
    const NameServer& server, const std::string& domain, std::chrono::milliseconds timeout);

}  // namespace postern::io
