// A unix datagram socket on which others tell a daemon something.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/io/asio/event_loop.hpp"
#include "lib/io/sockets/socket_lock.hpp"

namespace postern::io {

inline constexpr std::size_t max_datagram_size = 8192;  ///< Octets; longer ones are cut.

class DatagramReceiver {
 public:
  using Handler = std::function<void(std::string_view datagram)>;

  /// Binds the socket for user and group of this process; what comes is handed to `handler` in the
  /// loop's thread.
  /// \param loop  Outlives the receiver.
  /// \return What is wrong and what to do about it.
  [[nodiscard]] static Expected<std::unique_ptr<DatagramReceiver>, std::string> open(
      EventLoop& loop, const std::string& path, const SocketOwner& owner, Handler handler);

  DatagramReceiver(const DatagramReceiver&) = delete;
  DatagramReceiver& operator=(const DatagramReceiver&) = delete;
  DatagramReceiver(DatagramReceiver&&) = delete;
  DatagramReceiver& operator=(DatagramReceiver&&) = delete;
  ~DatagramReceiver();

 private:
  class Implementation;
  explicit DatagramReceiver(std::shared_ptr<Implementation> implementation);

  std::shared_ptr<Implementation> implementation_;
};

}  // namespace postern::io
