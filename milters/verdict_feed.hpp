// Tells the policy daemon what became of each message, for the reputation of its client.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "lib/io/log/log.hpp"
#include "lib/io/sockets/datagram_sender.hpp"
#include "lib/report/reputation_event.hpp"
#include "lib/reputation/settings.hpp"

namespace postern {

/// May be used from any thread. Never waits: what cannot be told at once is not told, since a
/// reputation rests on many messages and no message on it.
class VerdictFeed {
 public:
  /// \param host  Makes the ids of messages unique among hosts that share a store.
  VerdictFeed(const reputation::Configuration& configuration, std::string host, io::Log& log);

  /// \param queue_id  Of Postfix.
  void tell(const report::Verdict& verdict, const verdict::Envelope& envelope,
            std::string_view queue_id);

  /// After the configuration was read again.
  void reconfigure(const reputation::Configuration& configuration);

 private:
  /// Logs a problem when it begins. That nobody listens is none: the policy daemon may not be in
  /// use.
  void note(const std::string& socket, std::error_code problem);

  const std::string host_;
  io::Log& log_;
  std::mutex mutex_;
  std::shared_ptr<const io::DatagramSender> sender_;  // guarded by mutex_; null: told to nobody
  std::error_code problem_;                           // guarded by mutex_; as last logged
};

}  // namespace postern
