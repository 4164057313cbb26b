// Tells the learner how full the mailbox of one user is, soon after that has changed.
#pragma once

#include <optional>
#include <string>

#include "lib/io/training/courier.hpp"
#include "lib/quota/usage.hpp"

struct mail_user;
struct timeout;

namespace postern::quota_plugin {

/// No command waits for it, and no failure is more than a log line.
class Publisher {
 public:
  /// \param user       Outlives it.
  /// \param socket     Of the learner.
  /// \param may_count  False: the mailbox is not the session's own, whose limits are not known
  /// here;
  ///                   that it has changed is all that can be told.
  Publisher(mail_user& user, std::string socket, bool may_count)
      : user_(user), socket_(std::move(socket)), may_count_(may_count) {}
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;
  Publisher(Publisher&&) = delete;
  Publisher& operator=(Publisher&&) = delete;
  ~Publisher();

  enum class Cause {
    change,
    look  ///< Somebody asked how full it is, as each delivery does, also one that does not fit.
  };
  /// Tells it in a moment, once for all that happens until then.
  void mark(Cause cause);
  /// The session ends: tells what has been marked now, and waits a moment for the receipt.
  void finish();

 private:
  static void on_timeout(void* context) noexcept;
  void set_timer(unsigned milliseconds);
  void look_after();
  [[nodiscard]] bool is_refused();
  void publish();
  [[nodiscard]] quota::Usage count();
  void fail(const std::string& problem);

  mail_user& user_;
  const std::string socket_;
  const bool may_count_;
  ::timeout* timer_ = nullptr;
  std::optional<io::Courier> sent_;  // without a receipt yet
  bool is_marked_ = false;
  bool is_counting_ = false;  // our own look at the mailbox is no news
  unsigned pause_ms_ = 0;     // before the next try, since the last one failed
};

/// Commands that change mailboxes, in this process: while one is under way nothing is counted,
/// since that opens mailboxes, and so might wait for the command's own lock.
void begin_transaction();
void end_transaction();

}  // namespace postern::quota_plugin
