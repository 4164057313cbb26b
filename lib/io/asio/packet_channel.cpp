#include "lib/io/asio/packet_channel.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <asio/posix/stream_descriptor.hpp>

#include "lib/io/asio/implementation.hpp"
#include "lib/io/sockets/packet.hpp"

namespace postern::io {
namespace {

// How soon accepting is tried again when descriptors are lacking.
constexpr std::chrono::milliseconds accept_again{100};

}  // namespace

class PacketChannel::Implementation : public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(EventLoop& loop, FileDescriptor socket, std::size_t max_size, Callbacks callbacks)
      : descriptor_(loop.implementation().context, socket.release()),
        max_size_(max_size),
        callbacks_(std::move(callbacks)) {}

  void wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [weak = weak_from_this()](const asio::error_code& error) {
                             const auto self = weak.lock();
                             if (!error && self && self->descriptor_.is_open()) self->read();
                           });
  }

  bool send(std::string_view text, int descriptor) {
    return descriptor_.is_open() &&
           send_packet(descriptor_.native_handle(), text, descriptor) == Sending::sent;
  }

  void close() {
    asio::error_code ignored;
    descriptor_.close(ignored);
  }

 private:
  // One packet a turn, so that no connection keeps the others waiting. `this` lives to the end: the
  // caller holds it.
  void read() {
    std::string text;
    FileDescriptor file;
    switch (receive_packet(descriptor_.native_handle(), max_size_, text, file)) {
      case Receipt::nothing: break;
      case Receipt::packet: callbacks_.packet(std::move(text), std::move(file)); break;
      case Receipt::end: close(); return callbacks_.end();
    }
    if (descriptor_.is_open()) wait();
  }

  asio::posix::stream_descriptor descriptor_;
  const std::size_t max_size_;
  const Callbacks callbacks_;
};

PacketChannel::PacketChannel(EventLoop& loop, FileDescriptor socket, std::size_t max_size,
                             Callbacks callbacks)
    : implementation_(std::make_shared<Implementation>(loop, std::move(socket), max_size,
                                                       std::move(callbacks))) {
  implementation_->wait();
}

PacketChannel::~PacketChannel() {
  implementation_->close();
}

bool PacketChannel::send(std::string_view text, int descriptor) {
  return implementation_->send(text, descriptor);
}

class PacketAcceptor::Implementation : public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(EventLoop& loop, int listener, Handler handler)
      : loop_(loop),
        descriptor_(loop.implementation().context, ::dup(listener)),
        handler_(std::move(handler)) {}

  void wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [weak = weak_from_this()](const asio::error_code& error) {
                             const auto self = weak.lock();
                             if (!error && self && self->descriptor_.is_open()) self->accept();
                           });
  }

  void close() {
    again_ = {};
    asio::error_code ignored;
    descriptor_.close(ignored);
  }

 private:
  void accept() {
    FileDescriptor socket(
        ::accept4(descriptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      const uid_t user = user_of_peer(socket.get());
      handler_(std::move(socket), user);
    } else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
      again_ = loop_.after(accept_again, [this] { wait(); });
      return;
    }
    if (descriptor_.is_open()) wait();
  }

  EventLoop& loop_;
  asio::posix::stream_descriptor descriptor_;
  const Handler handler_;
  EventLoop::Timer again_;
};

PacketAcceptor::PacketAcceptor(EventLoop& loop, int listener, Handler handler)
    : implementation_(std::make_shared<Implementation>(loop, listener, std::move(handler))) {
  implementation_->wait();
}

PacketAcceptor::~PacketAcceptor() {
  implementation_->close();
}

}  // namespace postern::io
