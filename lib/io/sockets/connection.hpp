// A stream socket whose every step ends by a deadline.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ip_address.hpp"
#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/sockets/deadline.hpp"

namespace postern::io {

/// Errors of all functions are sentences such as "connection refused".
class Connection {
 public:
  Connection(FileDescriptor socket, Deadline deadline)
      : socket_(std::move(socket)), deadline_(deadline) {}

  [[nodiscard]] Expected<void, std::string> send(std::string_view bytes);

  /// Reads until `size` bytes are there.
  [[nodiscard]] Expected<std::string, std::string> receive(std::size_t size);

  /// Reads up to `end`, which is left out; at most `max_size` bytes and what came with them.
  [[nodiscard]] Expected<std::string, std::string> receive_until(char end, std::size_t max_size);

  /// Reads one line without its end, at most 4,096 bytes long.
  [[nodiscard]] Expected<std::string, std::string> receive_line();

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  [[nodiscard]] const Deadline& deadline() const { return deadline_; }

 private:
  [[nodiscard]] Expected<void, std::string> receive_more();

  FileDescriptor socket_;
  Deadline deadline_;
  std::string received_;  // not yet given out
};

/// Connects to an address. \param source  Bound to before, if given: "0.0.0.0" for any.
[[nodiscard]] Expected<Connection, std::string> connect_to(const IpAddress& address,
                                                           std::uint16_t port, Deadline deadline,
                                                           const IpAddress* source = nullptr);

/// Connects to a Unix socket.
[[nodiscard]] Expected<Connection, std::string> connect_to(const std::string& path,
                                                           Deadline deadline);
/// The same for packets (SOCK_SEQPACKET); the descriptor does not block.
[[nodiscard]] Expected<FileDescriptor, std::string> connect_for_packets(const std::string& path,
                                                                        const Deadline& deadline);

/// Waits until a descriptor is ready. \param events  Of poll(2). \return False at the deadline.
[[nodiscard]] bool wait_ready(int descriptor, short events, const Deadline& deadline);

/// "connection refused" and the like, for an errno.
[[nodiscard]] std::string describe_error(int error);

}  // namespace postern::io
