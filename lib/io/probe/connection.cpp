#include "lib/io/probe/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "lib/base/ascii.hpp"
#include "lib/io/handle.hpp"

namespace postern::io {
namespace {

constexpr std::size_t chunk_size = 4096;
constexpr std::size_t max_line_size = 4096;

Unexpected<std::string> failure(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}
Unexpected<std::string> late() {
  return failure("no answer in time");
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress socket_address(const IpAddress& address, std::uint16_t port) {
  SocketAddress result;
  if (address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.bytes().data(), sizeof in.sin_addr);
    std::memcpy(&result.storage, &in, sizeof in);
    result.size = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, address.bytes().data(), sizeof in.sin6_addr);
    std::memcpy(&result.storage, &in, sizeof in);
    result.size = sizeof in;
  }
  return result;
}

Expected<Connection, std::string> connect_socket(Descriptor socket, const SocketAddress& address,
                                                 Deadline deadline) {
  const auto* generic = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket.get(), generic, address.size) != 0) {
    if (errno != EINPROGRESS) return failure(describe_error(errno));
    if (!wait_ready(socket.get(), POLLOUT, deadline)) return late();
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return failure(describe_error(error));
  }
  return Connection(std::move(socket), deadline);
}

Expected<IpAddress, std::string> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) return failure("host \"" + host + "\" is not known");
  const CHandle<addrinfo, ::freeaddrinfo> owner(found);
  if (found->ai_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, found->ai_addr, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  sockaddr_in6 in{};
  std::memcpy(&in, found->ai_addr, sizeof in);
  IpAddress::Bytes bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

}  // namespace

std::string describe_error(int error) {
  return ascii::to_lower(std::generic_category().message(error));
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  const Descriptor old(std::exchange(number_, other.release()));
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

int Descriptor::release() {
  return std::exchange(number_, -1);
}

bool wait_ready(int descriptor, short events, const Deadline& deadline) {
  pollfd entry{descriptor, events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, static_cast<int>(deadline.left().count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Expected<void, std::string> Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return failure(describe_error(errno));
    } else if (!wait_ready(socket_.get(), POLLOUT, deadline_)) {
      return late();
    }
  }
  return {};
}

Expected<void, std::string> Connection::receive_more() {
  while (true) {
    if (!wait_ready(socket_.get(), POLLIN, deadline_)) return late();
    std::array<char, chunk_size> chunk{};
    const ssize_t size = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (size > 0) {
      received_.append(chunk.data(), static_cast<std::size_t>(size));
      return {};
    }
    if (size == 0) return failure("it closed the connection");
    if (errno != EAGAIN && errno != EINTR) return failure(describe_error(errno));
  }
}

Expected<std::string, std::string> Connection::receive(std::size_t size) {
  while (received_.size() < size) {
    if (const auto more = receive_more(); !more) return failure(more.error());
  }
  std::string bytes = received_.substr(0, size);
  received_.erase(0, size);
  return bytes;
}

Expected<std::string, std::string> Connection::receive_line() {
  while (true) {
    const std::size_t end = received_.find('\n');
    if (end != received_.npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return line;
    }
    if (received_.size() > max_line_size) return failure("it sent a line that is too long");
    if (const auto more = receive_more(); !more) return failure(more.error());
  }
}

Expected<Connection, std::string> connect_to(const IpAddress& address, std::uint16_t port,
                                             Deadline deadline, const IpAddress* source) {
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return failure(describe_error(errno));
  if (source != nullptr) {
    const SocketAddress from = socket_address(*source, 0);
    const auto* generic = reinterpret_cast<const sockaddr*>(&from.storage);
    if (::bind(socket.get(), generic, from.size) != 0) {
      return failure("cannot send from " + source->text() + ": " + describe_error(errno));
    }
  }
  return connect_socket(std::move(socket), socket_address(address, port), deadline);
}

Expected<Connection, std::string> connect_to(const std::string& path, Deadline deadline) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  if (path.size() >= sizeof un.sun_path) return failure("path is too long for a socket");
  std::memcpy(un.sun_path, path.data(), path.size());
  SocketAddress address;
  std::memcpy(&address.storage, &un, sizeof un);
  address.size = sizeof un;
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return failure(describe_error(errno));
  return connect_socket(std::move(socket), address, deadline);
}

Expected<Connection, std::string> connect_to(const doctor::Endpoint& endpoint, Deadline deadline) {
  if (endpoint.kind == doctor::Endpoint::Kind::unix_path)
    return connect_to(endpoint.path, deadline);
  const auto literal = parse_ip_address(endpoint.host);
  if (literal) return connect_to(*literal, endpoint.port, deadline);
  const auto address = look_up(endpoint.host.empty() ? "localhost" : endpoint.host);
  if (!address) return failure(address.error());
  return connect_to(*address, endpoint.port, deadline);
}

}  // namespace postern::io
