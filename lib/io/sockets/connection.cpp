#include "lib/io/sockets/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

// Both kinds of sockets can be busy: a TCP connection is under way, the queue of a unix socket is
// full.
Expected<void, std::string> connect_socket(int socket, const SocketAddress& address,
                                           const Deadline& deadline) {
  constexpr int pause_ms = 5;
  const auto* generic = reinterpret_cast<const sockaddr*>(&address.storage);
  while (::connect(socket, generic, address.size) != 0) {
    if (errno == EINPROGRESS) {
      if (!wait_ready(socket, POLLOUT, deadline)) return late();
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
      if (error != 0) return failure(describe_error(error));
      return {};
    }
    if (errno != EAGAIN && errno != EINTR) return failure(describe_error(errno));
    if (deadline.left().count() == 0) return late();
    ::poll(nullptr, 0, pause_ms);
  }
  return {};
}

Expected<FileDescriptor, std::string> open_unix(const std::string& path, int type,
                                                const Deadline& deadline) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  if (path.size() >= sizeof un.sun_path) return failure("path is too long for a socket");
  std::memcpy(un.sun_path, path.data(), path.size());
  SocketAddress address;
  std::memcpy(&address.storage, &un, sizeof un);
  address.size = sizeof un;
  FileDescriptor socket(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return failure(describe_error(errno));
  if (const auto done = connect_socket(socket.get(), address, deadline); !done) {
    return failure(done.error());
  }
  return socket;
}

}  // namespace

std::string describe_error(int error) {
  return ascii::to_lower(std::generic_category().message(error));
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

Expected<std::string, std::string> Connection::receive_until(char end, std::size_t max_size) {
  while (true) {
    const std::size_t at = received_.find(end);
    if (at != received_.npos) {
      std::string text = received_.substr(0, at);
      received_.erase(0, at + 1);
      return text;
    }
    if (received_.size() > max_size) return failure("it sent a line that is too long");
    if (const auto more = receive_more(); !more) return failure(more.error());
  }
}

Expected<std::string, std::string> Connection::receive_line() {
  auto line = receive_until('\n', max_line_size);
  if (line && line->ends_with('\r')) line->pop_back();
  return line;
}

Expected<Connection, std::string> connect_to(const IpAddress& address, std::uint16_t port,
                                             Deadline deadline, const IpAddress* source) {
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return failure(describe_error(errno));
  const int on = 1;  // what is sent is small, and waited for
  (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source != nullptr) {
    const SocketAddress from = socket_address(*source, 0);
    const auto* generic = reinterpret_cast<const sockaddr*>(&from.storage);
    if (::bind(socket.get(), generic, from.size) != 0) {
      return failure("cannot send from " + source->text() + ": " + describe_error(errno));
    }
  }
  if (const auto done = connect_socket(socket.get(), socket_address(address, port), deadline);
      !done) {
    return failure(done.error());
  }
  return Connection(std::move(socket), deadline);
}

Expected<Connection, std::string> connect_to(const std::string& path, Deadline deadline) {
  auto socket = open_unix(path, SOCK_STREAM, deadline);
  if (!socket) return failure(socket.error());
  return Connection(std::move(*socket), deadline);
}

Expected<FileDescriptor, std::string> connect_for_packets(const std::string& path,
                                                          const Deadline& deadline) {
  return open_unix(path, SOCK_SEQPACKET, deadline);
}

}  // namespace postern::io
