#include "lib/io/asio/datagram_receiver.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include <asio/posix/stream_descriptor.hpp>

#include "lib/io/asio/implementation.hpp"
#include "lib/io/sockets/listener.hpp"

namespace postern::io {

class DatagramReceiver::Implementation : public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(EventLoop& loop, UnixDatagramSocket socket, Handler handler)
      : socket_(std::move(socket)),
        descriptor_(loop.implementation().context, ::dup(socket_.descriptor())),
        handler_(std::move(handler)) {}

  void wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [weak = weak_from_this()](const asio::error_code& error) {
                             const auto self = weak.lock();
                             if (error || !self) return;
                             self->receive();
                             self->wait();
                           });
  }

 private:
  // A few at a time, so that nobody else has to wait for long.
  void receive() {
    constexpr int portion = 64;
    for (int i = 0; i < portion; ++i) {
      const ssize_t size =
          ::recv(descriptor_.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (size < 0) return;
      handler_(std::string_view(buffer_.data(), static_cast<std::size_t>(size)));
    }
  }

  UnixDatagramSocket socket_;
  asio::posix::stream_descriptor descriptor_;
  const Handler handler_;
  std::array<char, max_datagram_size> buffer_{};
};

DatagramReceiver::DatagramReceiver(std::shared_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {
  implementation_->wait();
}

DatagramReceiver::~DatagramReceiver() = default;

Expected<std::unique_ptr<DatagramReceiver>, std::string> DatagramReceiver::open(
    EventLoop& loop, const std::string& path, const SocketOwner& owner, Handler handler) {
  auto socket = UnixDatagramSocket::open(path, owner);
  if (!socket) return Unexpected<std::string>(socket.error());
  return std::unique_ptr<DatagramReceiver>(new DatagramReceiver(
      std::make_shared<Implementation>(loop, std::move(*socket), std::move(handler))));
}

}  // namespace postern::io
