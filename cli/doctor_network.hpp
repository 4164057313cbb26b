// The part of "postern doctor" that asks other hosts: name servers, mail servers, web servers.
#pragma once

#include <string>
#include <vector>

#include "cli/doctor_gather.hpp"

namespace postern::cli {

/// Fills in what the network knows. With --offline or a zone file, only what these allow.
void probe_network(const DoctorOptions& options, const std::vector<std::string>& names,
                   Observation& seen);

/// "ADDRESS:PORT" or "[ADDRESS]:PORT".
struct HostPort {
  IpAddress address;
  std::uint16_t port = 0;
};
[[nodiscard]] Expected<HostPort, std::string> parse_host_port(const std::string& text);

}  // namespace postern::cli
