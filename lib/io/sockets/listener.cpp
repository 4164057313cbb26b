#include "lib/io/sockets/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

#include "lib/base/ip_address.hpp"

namespace postern::io {
namespace {

constexpr int backlog = 512;
constexpr mode_t socket_mask = 0007;
constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view inet_prefix = "inet:";

Unexpected<std::string> failure(std::string text) {
  return Unexpected<std::string>(std::move(text));
}

std::string describe(int error) {
  return std::generic_category().message(error);
}

struct InetAddress {
  IpAddress ip;
  std::uint16_t port = 0;
};

// "PORT@ADDRESS".
std::optional<InetAddress> parse_inet(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == text.npos) return std::nullopt;
  InetAddress address;
  const auto [end, error] = std::from_chars(text.data(), text.data() + at, address.port);
  if (error != std::errc() || end != text.data() + at) return std::nullopt;
  std::string_view host = text.substr(at + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto ip = parse_ip_address(host);
  if (!ip) return std::nullopt;
  address.ip = *ip;
  return address;
}

socklen_t fill(sockaddr_storage& storage, const InetAddress& address) {
  if (address.ip.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.ip.bytes().data(), sizeof v4.sin_addr);
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  std::memcpy(&v6.sin6_addr, address.ip.bytes().data(), sizeof v6.sin6_addr);
  return sizeof v6;
}

// Binds a unix socket that belongs to user and group of this process and nobody else.
Expected<BoundSocket, std::string> bind_path(const std::string& path, int type,
                                             const SocketOwner& owner) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return failure(std::string(owner.parameter) + ": a path of 1 to " +
                   std::to_string(sizeof address.sun_path - 1) + " octets is needed, not \"" +
                   path + "\"");
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  const auto locked = lock_socket_path(path, owner);
  if (!locked) return failure(locked.error());
  FileDescriptor lock(*locked);
  FileDescriptor socket(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const mode_t old_mask = ::umask(socket_mask);
  const bool bound = socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                                      sizeof address) == 0;
  const int error = errno;
  ::umask(old_mask);
  if (!bound) return failure(path + ": cannot be made: " + describe(error));
  return BoundSocket(std::move(socket), std::move(lock), path);
}

}  // namespace

BoundSocket::~BoundSocket() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Expected<Listener, std::string> Listener::open(const std::string& socket,
                                               const SocketOwner& owner) {
  if (socket.starts_with(inet_prefix)) return open_inet(socket, owner);
  if (!socket.starts_with(unix_prefix)) {
    return failure(std::string(owner.parameter) + ": \"" + socket +
                   "\" is neither unix:PATH nor inet:PORT@ADDRESS");
  }
  const std::string path = socket.substr(unix_prefix.size());
  auto bound = bind_path(path, SOCK_STREAM, owner);
  if (!bound) return failure(bound.error());
  if (::listen(bound->descriptor(), backlog) != 0) {
    return failure(path + ": cannot listen: " + describe(errno));
  }
  return Listener(std::move(*bound));
}

Expected<UnixDatagramSocket, std::string> UnixDatagramSocket::open(const std::string& path,
                                                                   const SocketOwner& owner) {
  auto bound = bind_path(path, SOCK_DGRAM, owner);
  if (!bound) return failure(bound.error());
  return UnixDatagramSocket(std::move(*bound));
}

Expected<Listener, std::string> Listener::open_inet(const std::string& socket,
                                                    const SocketOwner& owner) {
  const auto address = parse_inet(std::string_view(socket).substr(inet_prefix.size()));
  if (!address) {
    return failure(std::string(owner.parameter) + ": \"" + socket +
                   "\" is not inet:PORT@ADDRESS with a numeric address");
  }
  sockaddr_storage storage{};
  const socklen_t size = fill(storage, *address);
  FileDescriptor descriptor(
      ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!descriptor ||
      ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0 ||
      ::listen(descriptor.get(), backlog) != 0) {
    return failure("cannot listen on \"" + socket + "\": " + describe(errno) + "; set " +
                   std::string(owner.parameter) + " to an address of this host and a free port");
  }
  return Listener(BoundSocket(std::move(descriptor), FileDescriptor(), {}));
}

Expected<Listener, std::string> Listener::open_for_packets(const std::string& path,
                                                           const SocketOwner& owner) {
  constexpr mode_t for_everybody = 0666;
  auto bound = bind_path(path, SOCK_SEQPACKET, owner);
  if (!bound) return failure(bound.error());
  if (::chmod(path.c_str(), for_everybody) != 0 || ::listen(bound->descriptor(), backlog) != 0) {
    return failure(path + ": cannot listen: " + describe(errno));
  }
  return Listener(std::move(*bound));
}

Expected<Listener, std::string> Listener::adopt(FileDescriptor socket) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    return failure(
        "a socket that was passed on does not listen; the socket unit needs "
        "ListenStream=");
  }
  return Listener(BoundSocket(std::move(socket), FileDescriptor(), {}));
}

}  // namespace postern::io
