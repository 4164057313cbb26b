#include "lib/io/asio/stream_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <list>
#include <unordered_map>

#include "lib/io/asio/stream_connection.hpp"

namespace postern::io {
namespace {

constexpr std::size_t read_size = 64 * 1024;
// How soon accepting is tried again when descriptors or memory are lacking, or at the limit.
constexpr std::chrono::milliseconds accept_again{100};

}  // namespace

class StreamServer::Implementation final : public StreamOwner,
                                           public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(EventLoop& loop, Factory factory, const StreamLimits& limits)
      : loop_(loop), factory_(std::move(factory)), limits_(limits), read_buffer_(read_size, '\0') {}

  void serve(Listener listener) {
    listeners_.emplace_back(loop_, std::move(listener));
    wait_for_clients(listeners_.back());
  }

  void drain() {
    draining_ = true;
    listeners_.clear();
    retries_.clear();
    for (auto& [stream, connection] : connections_) connection->close_if_idle();
  }

  void abandon_all() {
    drain();
    for (auto& [stream, connection] : connections_) connection->end();
    connections_.clear();  // each of them holds us
  }

  [[nodiscard]] std::size_t size() const { return connections_.size(); }

  [[nodiscard]] EventLoop& loop() override { return loop_; }
  [[nodiscard]] const StreamLimits& limits() const override { return limits_; }
  [[nodiscard]] std::string& read_buffer() override { return read_buffer_; }
  [[nodiscard]] bool is_draining() const override { return draining_; }
  void remove(Stream& stream) override { connections_.erase(&stream); }

 private:
  struct Door {
    Door(EventLoop& loop, Listener open_listener)
        : listener(std::move(open_listener)),
          descriptor(loop.implementation().context, ::dup(listener.descriptor())) {}
    Listener listener;
    asio::posix::stream_descriptor descriptor;
  };

  void wait_for_clients(Door& door) {
    door.descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                               [self = shared_from_this(), &door](const asio::error_code& error) {
                                 if (error || self->draining_) return;  // the door may be gone
                                 self->accept_all(door);
                               });
  }

  void accept_all(Door& door) {
    while (connections_.size() < limits_.connections) {
      FileDescriptor socket(
          ::accept4(door.listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!socket) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EAGAIN) return wait_for_clients(door);
        break;
      }
      begin(std::move(socket));
    }
    retries_[&door] = loop_.after(accept_again, [this, &door] { accept_all(door); });
  }

  void begin(FileDescriptor socket) {
    const int on = 1;  // fails on a unix socket, which needs no such thing
    (void)::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_shared<StreamConnection>(shared_from_this(), std::move(socket));
    connections_.emplace(connection.get(), connection);
    connection->start(factory_);
  }

  EventLoop& loop_;
  const Factory factory_;
  const StreamLimits limits_;
  std::string read_buffer_;
  std::list<Door> listeners_;
  std::unordered_map<Door*, EventLoop::Timer> retries_;
  std::unordered_map<Stream*, std::shared_ptr<StreamConnection>> connections_;
  bool draining_ = false;
};

StreamServer::StreamServer(EventLoop& loop, Factory factory, const StreamLimits& limits)
    : implementation_(std::make_shared<Implementation>(loop, std::move(factory), limits)) {}

StreamServer::~StreamServer() {
  implementation_->abandon_all();
}

void StreamServer::serve(Listener listener) {
  implementation_->serve(std::move(listener));
}

void StreamServer::drain() {
  implementation_->drain();
}

std::size_t StreamServer::connections() const {
  return implementation_->size();
}

}  // namespace postern::io
