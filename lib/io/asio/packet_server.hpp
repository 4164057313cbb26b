// A server of packets that processes of this host send, each with a descriptor, and that it
// answers.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/io/asio/event_loop.hpp"
#include "lib/io/files/file_descriptor.hpp"
#include "lib/io/sockets/listener.hpp"

namespace postern::io {

struct Packet {
  std::string text;
  FileDescriptor file;  ///< None when none came with it.
  uid_t sender = 0;     ///< Who connected, as the kernel says (SO_PEERCRED).
};

struct PacketLimits {
  std::size_t packet_size = 4096;  ///< Octets; who sends more is cut off.
  std::size_t connections = 400;   ///< More wait in the queue of the listener.
  std::size_t of_one_sender = 200;
  std::chrono::milliseconds idle{10'000};  ///< Time for the next packet to come.
};

class PacketServer {
 public:
  /// Takes a packet. \return The octet that answers it; nothing closes the connection.
  using Handler = std::function<std::optional<char>(Packet packet)>;

  /// \param loop  Outlives the server; the handler is called in its thread.
  PacketServer(EventLoop& loop, Handler handler, const PacketLimits& limits = {});
  PacketServer(const PacketServer&) = delete;
  PacketServer& operator=(const PacketServer&) = delete;
  PacketServer(PacketServer&&) = delete;
  PacketServer& operator=(PacketServer&&) = delete;
  ~PacketServer();

  /// Accepts connections from this listener, for SOCK_SEQPACKET.
  void serve(Listener listener);

  /// Takes what has come on open connections, closes them, and accepts no more.
  void drain();

  [[nodiscard]] std::size_t connections() const;

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace postern::io
