// What the daemon needs for mail of our own: the keys that sign, and who may use an address.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "lib/checks/configuration.hpp"
#include "lib/io/files/key_ring.hpp"
#include "lib/io/postfix/sender_logins.hpp"
#include "milters/log.hpp"

namespace postern {

/// Replaced whole; messages keep what they began with. May be used from any thread, but refreshed
/// by one.
class Outbound {
 public:
  /// Reads the keys for the first time and says what is wrong with them.
  Outbound(const checks::Configuration& configuration, Log& log);

  /// The keys that sign; nullptr when there are none.
  [[nodiscard]] std::shared_ptr<const dkim::KeySource> keys() const;
  [[nodiscard]] std::shared_ptr<io::SenderLogins> logins() const;

  /// After the configuration was read again.
  void reconfigure(const checks::Configuration& configuration);
  /// Reads the keys again if their index has changed. Cheap enough to be called every second.
  void refresh();

 private:
  void load_keys();
  void report(const io::KeyRing& ring);

  Log& log_;
  std::unique_ptr<const io::KeyDirectory> directory_;
  io::KeyDirectory::Generation generation_;  // of the last attempt, successful or not
  mutable std::mutex mutex_;
  std::shared_ptr<const io::KeyRing> ring_;  // guarded by mutex_, as are the logins
  std::shared_ptr<io::SenderLogins> logins_;
};

}  // namespace postern
