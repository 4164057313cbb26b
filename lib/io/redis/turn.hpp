// Using something in turns, and not waiting for a turn longer than one wants.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace postern::io::redis {

/// std::timed_mutex would do, if ThreadSanitizer of g++ 12 knew it.
class Turns {
 public:
  /// Whether the turn came before the deadline.
  [[nodiscard]] bool begin(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!free_.wait_until(lock, deadline, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void end() {
    {
      const std::scoped_lock lock(mutex_);
      taken_ = false;
    }
    free_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;  // under mutex_
};

/// One turn.
class Turn {
 public:
  Turn(Turns& turns, std::chrono::steady_clock::time_point deadline)
      : turns_(turns), came_(turns.begin(deadline)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (came_) turns_.end();
  }

  [[nodiscard]] bool came() const { return came_; }

 private:
  Turns& turns_;
  const bool came_;
};

}  // namespace postern::io::redis
