// Where answers wait for the inquiry that asked; what the resolver's thread and a session share.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/dns/answers.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::io {

using Clock = std::chrono::steady_clock;

using dns::SharedAnswer;

struct Delivery {
  dns::Question question;
  SharedAnswer answer;
};
using Deliveries = std::vector<Delivery>;

/// Outlives the inquiry as long as someone may still deliver, so that late answers are harmless.
class Mailbox {
 public:
  /// \param on_arrival  Called after each delivery, by whichever thread delivers; may be empty.
  explicit Mailbox(OnArrival on_arrival = {}) : on_arrival_(std::move(on_arrival)) {}

  void deliver(Deliveries deliveries);
  /// What has arrived since the last call.
  [[nodiscard]] Deliveries take();
  /// The same, but first waits until `count` have arrived or `limit` has passed.
  [[nodiscard]] Deliveries take_when(std::size_t count, Clock::time_point limit);

 private:
  const OnArrival on_arrival_;
  std::mutex mutex_;
  std::condition_variable arrival_;
  Deliveries arrived_;      // guarded by mutex_
  std::size_t wanted_ = 0;  // guarded by mutex_; how many the waiting thread needs, 0: none waits
};

/// Who answers the questions of inquiries.
class AnswerSource {
 public:
  enum class Effort { anything, only_known };

  AnswerSource() = default;
  AnswerSource(const AnswerSource&) = delete;
  AnswerSource& operator=(const AnswerSource&) = delete;
  AnswerSource(AnswerSource&&) = delete;
  AnswerSource& operator=(AnswerSource&&) = delete;
  virtual ~AnswerSource() = default;

  /// Delivers each answer once, at once or later, from any thread; never blocks. With `only_known`,
  /// what is not known at once becomes a timeout at once.
  virtual void submit(const dns::Questions& questions, const std::shared_ptr<Mailbox>& mailbox,
                      Effort effort) = 0;
};

/// An answer without records.
[[nodiscard]] SharedAnswer failed_answer(dns::Status status);

}  // namespace postern::io
