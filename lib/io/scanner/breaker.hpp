// Whether a scanner that does not answer is asked again.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace postern::io {

/// May be used from any thread.
class Breaker {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// A scanner that was waited for in vain is left alone for so long; then one message tries it.
  /// One that refuses at once costs nothing, and is always asked.
  static constexpr std::chrono::seconds pause{10};

  enum class Change { none, failing, answering };

  [[nodiscard]] bool may_ask(Time now);

  [[nodiscard]] Change note_answer();
  /// \param is_late  It was waited for in vain.
  [[nodiscard]] Change note_failure(Time now, bool is_late, const std::string& problem);

  /// Asks it again at once: something may have been mended.
  void end_pause();

  /// The last one; empty while it answers, and before it was asked.
  [[nodiscard]] std::string problem() const;
  /// Whether it answered when it was asked last.
  [[nodiscard]] bool is_known_to_answer() const;

 private:
  mutable std::mutex mutex_;
  bool answered_ = false;
  std::string problem_;
  Time asked_again_{};  // not before; only after a wait in vain
};

}  // namespace postern::io
