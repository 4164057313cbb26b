// Counts the messages that the daemon has in hand, so that a stop can wait for them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace postern {

/// May be used from any thread.
class InFlight {
 public:
  struct Count {
    int begun = 0;    ///< From MAIL on, those whose content has come included.
    int content = 0;  ///< From the first header field on: these end without waiting for a client.
  };

  /// One message. Ends its count when it goes.
  class Entry {
   public:
    explicit Entry(InFlight& owner) : owner_(owner) { owner_.add(1, 0); }
    ~Entry() { owner_.add(-1, has_content_ ? -1 : 0); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    void content_begins() {
      if (has_content_) return;
      has_content_ = true;
      owner_.add(0, 1);
    }

   private:
    InFlight& owner_;
    bool has_content_ = false;
  };

  [[nodiscard]] Count count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

  /// Waits until there is no message, but not longer than `timeout`.
  void wait_for_all(std::chrono::milliseconds timeout) { wait(&Count::begun, timeout); }
  /// Likewise, for messages whose content has begun.
  void wait_for_content(std::chrono::milliseconds timeout) { wait(&Count::content, timeout); }

 private:
  void add(int begun, int content) {
    const std::lock_guard lock(mutex_);
    count_.begun += begun;
    count_.content += content;
    fewer_.notify_all();
  }
  void wait(int Count::*member, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    fewer_.wait_for(lock, timeout, [&] { return count_.*member == 0; });
  }

  mutable std::mutex mutex_;
  std::condition_variable fewer_;
  Count count_;
};

}  // namespace postern
