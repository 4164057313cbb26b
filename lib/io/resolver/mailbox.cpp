#include "lib/io/resolver/mailbox.hpp"

#include <iterator>
#include <utility>

namespace postern::io {

void Mailbox::deliver(Deliveries deliveries) {
  if (deliveries.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (arrived_.empty()) {
      arrived_ = std::move(deliveries);
    } else {
      arrived_.insert(arrived_.end(), std::make_move_iterator(deliveries.begin()),
                      std::make_move_iterator(deliveries.end()));
    }
    // Waking a thread costs more than most answers: only the last one missing does it.
    if (wanted_ != 0 && arrived_.size() >= wanted_) arrival_.notify_one();
  }
  if (on_arrival_) on_arrival_();
}

Deliveries Mailbox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(arrived_, {});
}

Deliveries Mailbox::take_when(std::size_t count, Clock::time_point limit) {
  std::unique_lock lock(mutex_);
  wanted_ = count;
  arrival_.wait_until(lock, limit, [&] { return arrived_.size() >= count; });
  wanted_ = 0;
  return std::exchange(arrived_, {});
}

SharedAnswer failed_answer(dns::Status status) {
  dns::Answer answer;
  answer.status = status;
  return std::make_shared<const dns::Answer>(std::move(answer));
}

}  // namespace postern::io
