// Tells people by mail what the brake has done, in a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "lib/io/log/log.hpp"
#include "lib/policy/daemon_settings.hpp"
#include "lib/ratelimit/brake.hpp"

namespace postern {

/// Who sends notices, and through whom.
struct NoticeRoute {
  std::string server;      ///< As policy.notice_server; empty: notices are only logged.
  std::string postmaster;  ///< With a domain.
  std::string host_name;
};

class NoticeSender {
 public:
  NoticeSender(io::Log& log, NoticeRoute route);
  NoticeSender(const NoticeSender&) = delete;
  NoticeSender& operator=(const NoticeSender&) = delete;
  NoticeSender(NoticeSender&&) = delete;
  NoticeSender& operator=(NoticeSender&&) = delete;
  /// What could not be sent yet is logged and lost.
  ~NoticeSender();

  /// Logs the notice and sends it to owner and postmaster soon; a server that is away is tried
  /// again for a while. Does not wait.
  void send(const Notice& notice);
  void reroute(NoticeRoute route);

 private:
  using Clock = std::chrono::steady_clock;
  struct Letter {
    std::string login;
    std::string recipient;
    std::string subject;
    std::string text;
    unsigned tries = 0;
    Clock::time_point due{};
  };

  void add(Letter letter);
  void work();
  void deliver(Letter letter, const NoticeRoute& route);

  io::Log& log_;
  std::mutex mutex_;
  std::condition_variable arrival_;
  NoticeRoute route_;           // guarded by mutex_
  std::deque<Letter> letters_;  // guarded by mutex_
  bool stopped_ = false;        // guarded by mutex_
  std::thread thread_;
};

}  // namespace postern
