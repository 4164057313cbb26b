// Listening sockets in libmilter's spelling: "unix:PATH" or "inet:PORT@ADDRESS".
#pragma once

#include <string>

#include "lib/base/result.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/sockets/socket_lock.hpp"

namespace postern::io {

/// A bound socket. A unix socket is removed and its path given free when it goes.
class BoundSocket {
 public:
  BoundSocket(FileDescriptor socket, FileDescriptor lock, std::string path)
      : socket_(std::move(socket)), lock_(std::move(lock)), path_(std::move(path)) {}
  BoundSocket(BoundSocket&&) = default;
  BoundSocket& operator=(BoundSocket&&) = delete;
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;
  ~BoundSocket();

  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  FileDescriptor socket_;
  FileDescriptor lock_;  // of path_
  std::string path_;     // empty: nothing to remove
};

/// A unix socket for datagrams, without blocking, for user and group of this process.
class UnixDatagramSocket : public BoundSocket {
 public:
  [[nodiscard]] static Expected<UnixDatagramSocket, std::string> open(const std::string& path,
                                                                      const SocketOwner& owner);

 private:
  explicit UnixDatagramSocket(BoundSocket socket) : BoundSocket(std::move(socket)) {}
};

/// A socket that listens.
class Listener : public BoundSocket {
 public:
  /// Binds and listens, without blocking. A unix socket left by a dead daemon is replaced, that of
  /// a living one is not; it belongs to user and group of this process and no others. \param socket
  /// "unix:PATH" or "inet:PORT@ADDRESS"; port 0 lets the system choose. \return What is wrong and
  /// what to do about it.
  [[nodiscard]] static Expected<Listener, std::string> open(const std::string& socket,
                                                            const SocketOwner& owner);

  /// The same for packets (SOCK_SEQPACKET) at a path, and for everybody on this host: the kernel
  /// tells who connects (SO_PEERCRED).
  [[nodiscard]] static Expected<Listener, std::string> open_for_packets(const std::string& path,
                                                                        const SocketOwner& owner);

  /// A socket that listens already, such as one that systemd passed on. Its path stays.
  [[nodiscard]] static Expected<Listener, std::string> adopt(FileDescriptor socket);

 private:
  explicit Listener(BoundSocket socket) : BoundSocket(std::move(socket)) {}
  static Expected<Listener, std::string> open_inet(const std::string& socket,
                                                   const SocketOwner& owner);
};

}  // namespace postern::io
