#include "lib/io/probe/system.hpp"

#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "lib/doctor/resolv_conf.hpp"
#include "lib/io/files/config_files.hpp"
#include "lib/io/handle.hpp"
#include "lib/io/sockets/connection.hpp"

namespace postern::io {
namespace {

constexpr std::size_t max_resolv_conf_size = 64 * 1024;

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, address, sizeof in);
  IpAddress::Bytes bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

bool write_all(int descriptor, const std::string& content) {
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t size = ::write(descriptor, content.data() + at, content.size() - at);
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) at += static_cast<std::size_t>(size);
  }
  return ::fsync(descriptor) == 0;
}

}  // namespace

doctor::Observed<doctor::ClockFact> read_clock() {
  timex state{};
  const int result = ::adjtimex(&state);
  if (result < 0) return doctor::not_observed<doctor::ClockFact>(describe_error(errno));
  doctor::ClockFact fact;
  fact.synchronized = result != TIME_ERROR;
  fact.is_ours = ::prctl(PR_CAPBSET_READ, CAP_SYS_TIME, 0, 0, 0) != 0;
  return fact;
}

doctor::Observed<doctor::DiskFact> read_disk(const std::string& directory,
                                             const std::string& used_for) {
  std::string path = directory;
  struct statvfs status {};
  while (::statvfs(path.c_str(), &status) != 0) {
    const std::size_t slash = path.rfind('/');
    if (errno != ENOENT || slash == path.npos || path == "/") {
      return doctor::not_observed<doctor::DiskFact>(directory + ": " + describe_error(errno));
    }
    path = slash == 0 ? "/" : path.substr(0, slash);
  }
  doctor::DiskFact fact;
  fact.directory = directory;
  fact.used_for = used_for;
  fact.free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize;
  fact.total_bytes = std::uint64_t{status.f_blocks} * status.f_frsize;
  fact.free_inodes = status.f_favail;
  fact.total_inodes = status.f_files;
  return fact;
}

std::vector<IpAddress> global_interface_addresses() {
  std::vector<IpAddress> addresses;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return addresses;
  const CHandle<ifaddrs, ::freeifaddrs> owner(list);
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if ((each->ifa_flags & static_cast<unsigned>(IFF_UP)) == 0) continue;
    const auto address = address_of(each->ifa_addr);
    if (!address || !doctor::is_global(*address)) continue;
    if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

doctor::Observed<std::vector<IpAddress>> read_name_servers(const std::string& file) {
  const auto text = read_file(file, max_resolv_conf_size);
  if (!text) return doctor::not_observed<std::vector<IpAddress>>(text.error());
  return doctor::parse_resolv_conf(*text);
}

std::string replace_file(const std::string& file, const std::string& content) {
  std::string temporary = file + ".XXXXXX";
  const FileDescriptor descriptor(::mkostemp(temporary.data(), O_CLOEXEC));  // mode 0600
  if (!descriptor) return file + ": " + describe_error(errno);
  if (!write_all(descriptor.get(), content) || ::rename(temporary.c_str(), file.c_str()) != 0) {
    std::string problem = file + ": " + describe_error(errno);
    ::unlink(temporary.c_str());
    return problem;
  }
  const std::size_t slash = file.rfind('/');
  const std::string folder = slash == file.npos ? "." : file.substr(0, slash + 1);
  const FileDescriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent) ::fsync(parent.get());  // else the rename may be lost on power loss
  return "";
}

}  // namespace postern::io
