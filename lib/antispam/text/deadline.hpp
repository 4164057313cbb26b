// How long one message may keep a processor busy.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace postern::antispam {

/// Time as the caller tells it, so that tests can let it pass.
using SteadyNow = std::chrono::steady_clock::time_point (*)();

struct Clocks {
  SteadyNow busy = nullptr;  ///< What the calling thread has taken of a processor.
  /// Cheaper to ask. The other never goes faster, and is asked only where this one has moved.
  /// nullptr: the other is asked each time.
  SteadyNow wall = nullptr;
};

/// To be asked at every turn of what may take long: it looks at a clock only after some work. For
/// one message, on which one thread at a time works, within a Turn.
class Deadline {
 public:
  /// Never over.
  Deadline() = default;
  /// \param budget  0: never over.
  Deadline(Clocks clocks, std::chrono::milliseconds budget);

  /// While it is there, time counts.
  class Turn {
   public:
    explicit Turn(Deadline& deadline) : deadline_(deadline) { deadline_.resume(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { deadline_.look(); }

   private:
    Deadline& deadline_;
  };

  /// From here on a new rule runs. One rule has a quarter of the budget, so that others run as well
  /// where one does not end.
  void begin_rule() {
    is_rule_over_ = false;
    rule_began_.reset();
  }
  /// Whether the rule is to give up: its time is over, or that of the message.
  /// \param work  About how many octets were gone through since the last question.
  [[nodiscard]] bool is_over(std::size_t work) {
    work_ += work;
    if (work_ >= work_of_a_look) look();
    return is_over_ || is_rule_over_;
  }
  /// Whether the time of the message is over, as far as one has looked.
  [[nodiscard]] bool is_message_over() const { return is_over_; }

 private:
  static constexpr std::size_t work_of_a_look = 4'096;

  void resume();
  void look();

  Clocks clocks_;
  std::chrono::nanoseconds budget_{0};
  std::chrono::nanoseconds used_{0};
  std::optional<std::chrono::nanoseconds> rule_began_;  // in used_; nothing: not looked since
  std::chrono::steady_clock::time_point busy_, wall_;   // as last seen
  std::size_t work_ = 0;
  bool is_over_ = false;
  bool is_rule_over_ = false;
};

}  // namespace postern::antispam
