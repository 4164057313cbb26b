// Publishes in the store how full mailboxes are, as mailbox servers tell it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dovecot-plugins/learner/services.hpp"
#include "lib/quota/usage.hpp"
#include "lib/store/known.hpp"

namespace postern::learner {

/// Of each user only the latest count waits. When one is lost, all from before that do not count
/// any more, as those from before this learner began.
class UsageBook {
 public:
  /// \param host  Ours, by which readers know whose counts these are.
  UsageBook(Services& services, std::string host);
  UsageBook(const UsageBook&) = delete;
  UsageBook& operator=(const UsageBook&) = delete;
  UsageBook(UsageBook&&) = delete;
  UsageBook& operator=(UsageBook&&) = delete;
  ~UsageBook();

  /// Begins to say that we listen, if anybody has published before.
  void start();
  /// \return False when too many wait already.
  [[nodiscard]] bool add(quota::Usage usage);
  /// Says that we do not listen any more.
  void stop();

 private:
  struct Batch;

  void begin();
  void stay_alive();
  void next();
  void advance();
  void write(std::vector<store::Operation> writes);
  void end(bool has_failed);

  Services& services_;
  const std::string host_;
  store::Time since_;                            // when we began to listen to all
  std::map<std::string, quota::Usage> waiting_;  // by user, in lower case
  std::unique_ptr<Batch> batch_;                 // in hand
  bool is_publishing_ = false;                   // and so says that it is alive
  io::EventLoop::Timer retry_;
  io::EventLoop::Timer alive_;
};

}  // namespace postern::learner
