// Takes what mailbox servers tell, by the socket and from the spool: events of training, which it
// puts on the disk, and how full mailboxes are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dovecot-plugins/learner/bookkeeper.hpp"
#include "dovecot-plugins/learner/services.hpp"
#include "dovecot-plugins/learner/usage_book.hpp"
#include "lib/dkim/crypto.hpp"
#include "lib/io/asio/packet_server.hpp"
#include "lib/io/training/senders.hpp"
#include "lib/io/training/spool_reader.hpp"

namespace postern::learner {

class Reception {
 public:
  /// \param crypto  Outlives it.
  Reception(Services& services, Bookkeeper& bookkeeper, UsageBook& usages,
            const dkim::Crypto& crypto);

  void serve(io::Listener listener) { server_.serve(std::move(listener)); }
  /// Looks into the spool now, and from now on.
  void watch_spool();
  /// The settings have changed.
  void reload();
  /// Takes what has come, and no more.
  void stop();

 private:
  enum class Taking {
    taken,
    refused,    // for good
    impossible  // now; later it may go
  };

  [[nodiscard]] std::optional<char> on_packet(io::Packet packet);
  [[nodiscard]] bool take_usage(std::string_view line, uid_t sender);
  [[nodiscard]] bool may_speak(uid_t sender, const std::string& user);
  void drain_spool();
  [[nodiscard]] bool take_spooled(const std::vector<io::Spooled>& files);
  [[nodiscard]] Taking take(std::string_view line, std::string_view message, uid_t sender);
  void refuse(std::string_view problem, uid_t sender);
  void fail(const std::string& problem);

  Services& services_;
  Bookkeeper& bookkeeper_;
  UsageBook& usages_;
  const dkim::Crypto& crypto_;
  io::Senders senders_;
  io::PacketServer server_;
  io::EventLoop::Timer spool_timer_;
  std::int64_t refused_ = 0;  // since the last line
  std::chrono::steady_clock::time_point next_refusal_{};
  std::chrono::steady_clock::time_point next_failure_{};
};

}  // namespace postern::learner
