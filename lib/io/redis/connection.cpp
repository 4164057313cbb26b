#include "lib/io/redis/connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include "lib/base/ascii.hpp"
#include "lib/io/redis/tls_layer.hpp"

namespace postern::io::redis {
namespace {

constexpr std::size_t chunk_size = 65536;

Unexpected<std::string> failure(std::string problem) {
  return Unexpected<std::string>(std::move(problem));
}
Unexpected<std::string> failure(int error) {
  return failure(ascii::to_lower(std::generic_category().message(error)));
}
Unexpected<std::string> late() {
  return failure(std::string("no answer in time"));
}

bool wait_for(int socket, short events, Deadline deadline) {
  pollfd entry{socket, events, 0};
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Deadline::clock::now());
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Expected<FileDescriptor, std::string> connect_socket(const sockaddr* address, socklen_t size,
                                                     Deadline deadline) {
  FileDescriptor socket(
      ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return failure(errno);
  if (::connect(socket.get(), address, size) == 0) return socket;
  if (errno != EINPROGRESS) return failure(errno);
  if (!wait_for(socket.get(), POLLOUT, deadline)) return late();
  int error = 0;
  socklen_t error_size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &error_size) != 0) error = errno;
  if (error != 0) return failure(error);
  return socket;
}

Expected<FileDescriptor, std::string> connect_unix(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return failure(ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  return connect_socket(reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
}

Expected<FileDescriptor, std::string> connect_tcp(const ServerAddress& server, Resolver& resolver,
                                                  Deadline deadline) {
  const auto addresses = resolver.resolve(server.host, server.port, deadline);
  if (!addresses) return failure(addresses.error());
  int untried = 0;
  for (const addrinfo* a = addresses->get(); a != nullptr; a = a->ai_next) ++untried;
  Expected<FileDescriptor, std::string> result = late();
  for (const addrinfo* a = addresses->get(); a != nullptr; a = a->ai_next) {
    // An address that is silent leaves the others their share of the time.
    const auto now = Deadline::clock::now();
    result = connect_socket(a->ai_addr, a->ai_addrlen, now + (deadline - now) / untried--);
    if (result) break;
  }
  return result;
}

}  // namespace

Connection::Connection(FileDescriptor socket) : socket_(std::move(socket)) {}
Connection::~Connection() = default;

Expected<void, std::string> Connection::begin_tls(const std::string& host,
                                                  const TlsOptions& options, Deadline deadline) {
  auto layer = TlsLayer::make(host, options.ca_file);
  if (!layer) return failure(layer.error());
  tls_ = std::move(*layer);
  while (true) {
    const auto done = tls_->handshake();
    if (auto sent = send_tls_output(deadline); !sent) return sent;
    if (!done) return failure(done.error());
    if (*done) return {};
    const auto octets = receive_plain(deadline);
    if (!octets) return failure(octets.error());
    tls_->add_received(*octets);
  }
}

Expected<void, std::string> Connection::send_tls_output(Deadline deadline) {
  const std::string output = tls_->take_output();
  return output.empty() ? Expected<void, std::string>() : send_plain(output, deadline);
}

Expected<void, std::string> Connection::send(std::string_view octets, Deadline deadline) {
  if (tls_ == nullptr) return send_plain(octets, deadline);
  if (auto written = tls_->write(octets); !written) return written;
  return send_tls_output(deadline);
}

Expected<std::string, std::string> Connection::receive(Deadline deadline) {
  if (tls_ == nullptr) return receive_plain(deadline);
  while (true) {
    auto read = tls_->read();
    if (!read) return failure(read.error());
    if (const auto sent = send_tls_output(deadline); !sent) return failure(sent.error());
    std::optional<std::string>& octets = *read;
    if (octets) return std::move(*octets);
    const auto more = receive_plain(deadline);
    if (!more) return failure(more.error());
    tls_->add_received(*more);
  }
}

Expected<void, std::string> Connection::send_plain(std::string_view octets, Deadline deadline) {
  while (!octets.empty()) {
    const ssize_t size = ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno != EAGAIN && errno != EINTR) {
      return failure(errno);
    } else if (!wait_for(socket_.get(), POLLOUT, deadline)) {
      return late();
    }
  }
  return {};
}

Expected<std::string, std::string> Connection::receive_plain(Deadline deadline) {
  std::array<char, chunk_size> chunk;
  while (true) {
    // Also when data keeps coming, the deadline ends it.
    if (!wait_for(socket_.get(), POLLIN, deadline) || Deadline::clock::now() > deadline) {
      return late();
    }
    const ssize_t size = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (size > 0) return std::string(chunk.data(), static_cast<std::size_t>(size));
    if (size == 0) return failure(std::string("it closed the connection"));
    if (errno != EAGAIN && errno != EINTR) return failure(errno);
  }
}

bool Connection::is_idle() {
  pollfd entry{socket_.get(), POLLIN, 0};
  if (::poll(&entry, 1, 0) == 0) return true;
  if (tls_ == nullptr) return false;
  // With TLS 1.3, tickets come after the handshake. They are no answer, and no end.
  const auto octets = receive_plain(Deadline::clock::now() + std::chrono::milliseconds(1));
  if (!octets) return false;
  tls_->add_received(*octets);
  const auto read = tls_->read();
  return read && !*read;
}

Expected<std::unique_ptr<Connection>, std::string> connect_to(const ServerAddress& server,
                                                              const TlsOptions& tls,
                                                              Resolver& resolver,
                                                              Deadline deadline) {
  auto socket = server.path.empty() ? connect_tcp(server, resolver, deadline)
                                    : connect_unix(server.path, deadline);
  if (!socket) return failure(socket.error());
  auto connection = std::make_unique<Connection>(std::move(*socket));
  if (server.tls) {
    const auto begun = connection->begin_tls(server.host, tls, deadline);
    if (!begun) return failure(begun.error());
  }
  return connection;
}

}  // namespace postern::io::redis
