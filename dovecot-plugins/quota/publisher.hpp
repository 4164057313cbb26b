// Tells the learner how full the mailbox of one user is, soon after that has changed.
#pragma once

#include <string>

struct mail_user;
struct timeout;

namespace postern::quota_plugin {

/// Nothing here waits, and no failure is more than a log line.
class Publisher {
 public:
  /// \param user    Outlives it.
  /// \param socket  Of the learner.
  Publisher(mail_user& user, std::string socket) : user_(user), socket_(std::move(socket)) {}
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  Publisher(Publisher&&) = delete;
  Publisher& operator=(Publisher&&) = delete;
  ~Publisher();

  /// The mailbox may have changed, or somebody looked at how full it is: tells it in a moment, once
  /// for all that happens until then.
  void mark();
  /// The session ends: tells what has been marked now.
  void finish();

 private:
  static void on_timeout(void* self) noexcept;
  void set_timer(unsigned milliseconds);
  void publish();

  mail_user& user_;
  const std::string socket_;
  ::timeout* timer_ = nullptr;
  bool is_marked_ = false;
  bool is_publishing_ = false;  // our own look at the mailbox is no news
};

}  // namespace postern::quota_plugin
