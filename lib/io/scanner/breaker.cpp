#include "lib/io/scanner/breaker.hpp"

namespace postern::io {

bool Breaker::may_ask(Time now) {
  const std::lock_guard lock(mutex_);
  if (asked_again_ == Time{}) return true;
  if (now < asked_again_) return false;
  asked_again_ = now + pause;  // the others wait for what becomes of this one
  return true;
}

Breaker::Change Breaker::note_answer() {
  const std::lock_guard lock(mutex_);
  const bool was_failing = !problem_.empty();
  answered_ = true;
  problem_.clear();
  asked_again_ = Time{};
  return was_failing ? Change::answering : Change::none;
}

Breaker::Change Breaker::note_failure(Time now, bool is_late, const std::string& problem) {
  const std::lock_guard lock(mutex_);
  const bool was_failing = !problem_.empty();
  answered_ = false;
  problem_ = problem;
  asked_again_ = is_late ? now + pause : Time{};
  return was_failing ? Change::none : Change::failing;
}

void Breaker::end_pause() {
  const std::lock_guard lock(mutex_);
  asked_again_ = Time{};
}

std::string Breaker::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

bool Breaker::is_known_to_answer() const {
  const std::lock_guard lock(mutex_);
  return answered_;
}

}  // namespace postern::io
