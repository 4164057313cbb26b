// What the daemon needs for mail of our own: the keys that sign, and who may use an address.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lib/checks/configuration.hpp"
#include "lib/io/files/key_ring.hpp"
#include "lib/io/log/log.hpp"
#include "lib/io/postfix/sender_logins.hpp"

namespace postern {

/// Replaced whole; messages keep what they began with. May be used from any thread, but refreshed
/// by one.
class Outbound {
 public:
  /// Reads the keys for the first time and says what is wrong with them.
  Outbound(const checks::Configuration& configuration, io::Log& log);

  /// The keys that sign, or should; nullptr when there are none.
  [[nodiscard]] std::shared_ptr<const dkim::KeySource> keys() const;
  [[nodiscard]] std::shared_ptr<io::SenderLogins> logins() const;

  /// After the configuration was read again.
  void reconfigure(const checks::Configuration& configuration);
  /// Reads the keys again if their index has changed. Cheap enough to be called every second.
  void refresh();

 private:
  using Clock = std::chrono::steady_clock;

  void load_keys();
  [[nodiscard]] std::shared_ptr<const io::KeyRing> ring() const;
  void use(std::shared_ptr<const io::KeyRing> ring);
  /// Says how many keys sign, when that is news.
  void report_keys(const io::KeyRing& ring);
  /// Why no mail of strangers gets a seal although it should; or nothing.
  [[nodiscard]] std::string find_seal_problem(const io::KeyRing& ring) const;
  /// What cannot be used, told once until it changes.
  void report_problems(std::vector<std::string> problems, const event::Event& event);

  io::Log& log_;
  std::unique_ptr<const io::KeyDirectory> directory_;
  std::string arc_domain_;
  bool parent_domains_ = false;
  io::KeyDirectory::Generation generation_;  // of the last attempt, successful or not
  io::KeyDirectory::Generation told_of_;     // whose keys were counted in the log
  std::size_t told_keys_ = 0;
  std::vector<std::string> problems_;  // of the last attempt
  Clock::time_point retry_at_{};       // when there were any
  mutable std::mutex mutex_;
  std::shared_ptr<const io::KeyRing> ring_;  // guarded by mutex_, as are the logins
  std::shared_ptr<io::SenderLogins> logins_;
};

}  // namespace postern
