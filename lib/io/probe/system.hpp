// Facts about this host that the kernel and its files know.
#pragma once

#include <string>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/doctor/facts.hpp"

namespace postern::io {

/// Whether the kernel's clock is kept right by somebody (adjtimex(2)), and whether we may set it.
[[nodiscard]] doctor::Observed<doctor::ClockFact> read_clock();

/// Space and inodes of the file system that holds a directory; of the nearest one above it that
/// exists, if it does not.
[[nodiscard]] doctor::Observed<doctor::DiskFact> read_disk(const std::string& directory,
                                                           const std::string& used_for);

/// The addresses of interfaces that are up and can be reached from the Internet.
[[nodiscard]] std::vector<IpAddress> global_interface_addresses();

/// The name servers of resolv.conf(5).
[[nodiscard]] doctor::Observed<std::vector<IpAddress>> read_name_servers(
    const std::string& file = "/etc/resolv.conf");

/// Writes a file so that a reader sees the old content or the new one; mode 0600.
/// \return Why it could not be written; empty when it was.
[[nodiscard]] std::string replace_file(const std::string& file, const std::string& content);

}  // namespace postern::io
