// When to leave a server alone that did not answer.
#pragma once

#include <algorithm>
#include <chrono>

namespace postern::io::redis {

/// After a failure nothing is asked for a while, which doubles with each failure in a row. Then one
/// question shows whether the server is back. Not locked.
class CircuitBreaker {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds first_pause{100};
  static constexpr std::chrono::milliseconds longest_pause{5000};

  [[nodiscard]] bool allows(Clock::time_point now) const { return now >= closed_until_; }
  void succeeded() {
    pause_ = first_pause;
    closed_until_ = {};
  }
  void failed(Clock::time_point now) {
    closed_until_ = now + pause_;
    pause_ = std::min(pause_ * 2, longest_pause);
  }

 private:
  std::chrono::milliseconds pause_ = first_pause;
  Clock::time_point closed_until_{};
};

}  // namespace postern::io::redis
