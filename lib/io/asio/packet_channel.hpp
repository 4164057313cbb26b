// One connection of packets on the loop, either way, each with a descriptor if need be.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/io/asio/event_loop.hpp"
#include "lib/io/files/file_descriptor.hpp"

namespace postern::io {

class PacketChannel {
 public:
  /// Both are called in the loop's thread, never by a member function, and not after the channel
  /// has gone, which either may destroy. After `end` nothing more comes.
  struct Callbacks {
    std::function<void(std::string text, FileDescriptor file)> packet;
    std::function<void()> end;
  };

  /// \param socket  Connected, SOCK_SEQPACKET.
  /// \param loop    Outlives the channel.
  PacketChannel(EventLoop& loop, FileDescriptor socket, std::size_t max_size, Callbacks callbacks);
  PacketChannel(const PacketChannel&) = delete;
  PacketChannel& operator=(const PacketChannel&) = delete;
  PacketChannel(PacketChannel&&) = delete;
  PacketChannel& operator=(PacketChannel&&) = delete;
  /// Closes the connection.
  ~PacketChannel();

  /// \param descriptor  Negative: none. It stays the caller's.
  /// \return False when it cannot be sent now: the other side takes nothing, or has gone.
  [[nodiscard]] bool send(std::string_view text, int descriptor = -1);

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

/// Accepts connections of packets.
class PacketAcceptor {
 public:
  /// \param user  Who connected, as the kernel says (SO_PEERCRED).
  using Handler = std::function<void(FileDescriptor socket, uid_t user)>;

  PacketAcceptor(EventLoop& loop, int listener, Handler handler);
  PacketAcceptor(const PacketAcceptor&) = delete;
  PacketAcceptor& operator=(const PacketAcceptor&) = delete;
  PacketAcceptor(PacketAcceptor&&) = delete;
  PacketAcceptor& operator=(PacketAcceptor&&) = delete;
  ~PacketAcceptor();

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace postern::io
