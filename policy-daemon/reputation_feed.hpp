// Listens to what milters and users say of clients, and adds it to their reputation.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "lib/io/asio/datagram_receiver.hpp"
#include "policy-daemon/services.hpp"

namespace postern {

class ReputationFeed {
 public:
  explicit ReputationFeed(Services& services) : services_(services) {}

  /// \return What is wrong and what to do about it.
  [[nodiscard]] Expected<void, std::string> listen(const std::string& path);

 private:
  void on_datagram(std::string_view datagram);
  void complain(std::string_view problem);

  Services& services_;
  std::unique_ptr<io::DatagramReceiver> receiver_;
  std::int64_t refused_ = 0;  // since the last line
  std::chrono::steady_clock::time_point next_line_{};
};

}  // namespace postern
