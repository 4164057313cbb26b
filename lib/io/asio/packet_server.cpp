#include "lib/io/asio/packet_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <utility>
#include <vector>

#include <asio/posix/stream_descriptor.hpp>

#include "lib/io/asio/implementation.hpp"
#include "lib/io/sockets/packet.hpp"

namespace postern::io {
namespace {

// Packets of one connection before it is the others' turn.
constexpr int portion = 16;
// How soon accepting is tried again when descriptors are lacking, or at the limit.
constexpr std::chrono::milliseconds accept_again{100};

}  // namespace

class PacketServer::Implementation : public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(EventLoop& loop, Handler handler, const PacketLimits& limits)
      : loop_(loop), handler_(std::move(handler)), limits_(limits) {}

  void serve(Listener listener) {
    doors_.emplace_back(loop_, std::move(listener));
    wait_for_clients(doors_.back());
  }

  void drain() {
    doors_.clear();
    for (const auto& connection : connections_) {
      while (take_packet(*connection)) continue;
    }
    connections_.clear();
  }

  // Callbacks that are on their way find nobody then.
  void end() {
    doors_.clear();
    connections_.clear();
  }

  [[nodiscard]] std::size_t size() const { return connections_.size(); }

 private:
  struct Door {
    Door(EventLoop& loop, Listener open_listener)
        : listener(std::move(open_listener)),
          descriptor(loop.implementation().context, ::dup(listener.descriptor())) {}
    Listener listener;
    asio::posix::stream_descriptor descriptor;
    EventLoop::Timer again;
  };
  struct Connection {
    Connection(EventLoop& loop, FileDescriptor socket)
        : sender(user_of_peer(socket.get())),
          descriptor(loop.implementation().context, socket.release()) {}
    uid_t sender;
    asio::posix::stream_descriptor descriptor;
    EventLoop::Timer idle;
  };

  void wait_for_clients(Door& door) {
    door.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                               [weak = weak_from_this(), &door](const asio::error_code& error) {
                                 const auto self = weak.lock();
                                 // After drain() there is no door, even if this was under way.
                                 if (!error && self && !self->doors_.empty()) self->accept(door);
                               });
  }

  void accept(Door& door) {
    const bool has_room = connections_.size() < limits_.connections;
    FileDescriptor socket;
    if (has_room) {
      socket = FileDescriptor(
          ::accept4(door.listener.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    }
    if (!has_room || (!socket && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)) {
      door.again = loop_.after(accept_again, [this, &door] { wait_for_clients(door); });
      return;
    }
    if (socket) add(std::make_shared<Connection>(loop_, std::move(socket)));
    wait_for_clients(door);
  }

  void add(std::shared_ptr<Connection> connection) {
    const auto of_sender =
        std::count_if(connections_.begin(), connections_.end(),
                      [&](const auto& other) { return other->sender == connection->sender; });
    if (static_cast<std::size_t>(of_sender) >= limits_.of_one_sender) return;  // closes it
    connections_.push_back(connection);
    wait_for_packet(connection);
  }

  void wait_for_packet(const std::shared_ptr<Connection>& connection) {
    const std::weak_ptr<Connection> weak_connection = connection;
    connection->idle = loop_.after(limits_.idle, [this, weak_connection] {
      if (const auto late = weak_connection.lock()) remove(late);
    });
    connection->descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [weak = weak_from_this(), weak_connection](const asio::error_code& error) {
          const auto self = weak.lock();
          const auto alive = weak_connection.lock();
          if (!error && self && alive) self->read(alive);
        });
  }

  void read(const std::shared_ptr<Connection>& connection) {
    for (int i = 0; i < portion; ++i) {
      if (!take_packet(*connection)) break;
    }
    if (connection->descriptor.is_open()) {
      wait_for_packet(connection);
    } else {
      remove(connection);
    }
  }

  // Whether there may be more. A connection of no more use is closed.
  bool take_packet(Connection& connection) {
    if (!connection.descriptor.is_open()) return false;
    Packet packet;
    packet.sender = connection.sender;
    const int socket = connection.descriptor.native_handle();
    const Receipt receipt = receive_packet(socket, limits_.packet_size, packet.text, packet.file);
    if (receipt == Receipt::nothing) return false;
    const std::optional<char> answer =
        receipt == Receipt::packet ? handler_(std::move(packet)) : std::nullopt;
    if (answer && ::send(socket, &*answer, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) return true;
    connection.descriptor.close();
    return false;
  }

  void remove(const std::shared_ptr<Connection>& connection) {
    std::erase(connections_, connection);
  }

  EventLoop& loop_;
  const Handler handler_;
  const PacketLimits limits_;
  std::list<Door> doors_;
  std::vector<std::shared_ptr<Connection>> connections_;
};

PacketServer::PacketServer(EventLoop& loop, Handler handler, const PacketLimits& limits)
    : implementation_(std::make_shared<Implementation>(loop, std::move(handler), limits)) {}

PacketServer::~PacketServer() {
  implementation_->end();
}

void PacketServer::serve(Listener listener) {
  implementation_->serve(std::move(listener));
}

void PacketServer::drain() {
  implementation_->drain();
}

std::size_t PacketServer::connections() const {
  return implementation_->size();
}

}  // namespace postern::io
