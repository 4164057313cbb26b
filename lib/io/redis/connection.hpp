// A connection to a server, with or without TLS, all of whose calls end by a deadline.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/redis/resolve.hpp"
#include "lib/io/redis/server_address.hpp"

namespace postern::io::redis {

using Deadline = std::chrono::steady_clock::time_point;

struct TlsOptions {
  std::string ca_file;  ///< PEM; empty: those that the system trusts.
};

class TlsLayer;

/// One thread at a time. Errors are problems fit for a log, without the name of the server.
class Connection {
 public:
  explicit Connection(FileDescriptor socket);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Encrypts all that follows, and checks that the certificate is the host's.
  [[nodiscard]] Expected<void, std::string> begin_tls(const std::string& host,
                                                      const TlsOptions& options, Deadline deadline);
  [[nodiscard]] Expected<void, std::string> send(std::string_view octets, Deadline deadline);
  /// What has come, at least an octet.
  [[nodiscard]] Expected<std::string, std::string> receive(Deadline deadline);
  /// Whether it is open and nothing has come that was not asked for.
  [[nodiscard]] bool is_idle();

 private:
  [[nodiscard]] Expected<void, std::string> send_plain(std::string_view octets, Deadline deadline);
  [[nodiscard]] Expected<std::string, std::string> receive_plain(Deadline deadline);
  [[nodiscard]] Expected<void, std::string> send_tls_output(Deadline deadline);

  const FileDescriptor socket_;
  std::unique_ptr<TlsLayer> tls_;
};

/// Connects; names are looked up within the deadline, too.
[[nodiscard]] Expected<std::unique_ptr<Connection>, std::string> connect_to(
    const ServerAddress& server, const TlsOptions& tls, Resolver& resolver, Deadline deadline);

}  // namespace postern::io::redis
