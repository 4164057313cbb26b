#include "dovecot-plugins/quota/quota.hpp"

#include "dovecot-plugins/quota/publisher.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "dovecot-plugins/common/guarded.hpp"
#include "dovecot-plugins/quota/usage.hpp"

namespace postern::quota_plugin {
namespace {

constexpr unsigned moment_ms = 250;
constexpr unsigned first_pause_ms = 2000;
constexpr unsigned longest_pause_ms = 60'000;
constexpr std::chrono::milliseconds last_wait{50};
constexpr const char* refusal =
    "it is not taken; see the log of postern-learner, and learner.senders";

unsigned open_transactions = 0;

// Of this process; who serves many users says once that the learner is away.
bool has_complained = false;

}  // namespace

void begin_transaction() {
  ++open_transactions;
}

void end_transaction() {
  if (open_transactions > 0) --open_transactions;
}

Publisher::~Publisher() {
  timeout_remove(&timer_);
}

void Publisher::mark(Cause cause) {
  if (is_counting_ || (cause == Cause::look && !may_count_)) return;
  is_marked_ = true;
  if (timer_ == nullptr) set_timer(moment_ms);
}

void Publisher::finish() {
  timeout_remove(&timer_);
  if (sent_ && is_refused()) is_marked_ = true;
  sent_.reset();
  if (is_marked_) publish();
  if (sent_) {
    sent_->wait(last_wait);
    if (is_refused()) fail(refusal);
  }
  timeout_remove(&timer_);
}

void Publisher::set_timer(unsigned milliseconds) {
  timer_ = timeout_add_to(io_loop_get_root(), milliseconds, on_timeout, this);
}

void Publisher::on_timeout(void* context) noexcept {
  auto* const self = static_cast<Publisher*>(context);
  timeout_remove(&self->timer_);
  dovecot::guarded("quota", [self] { self->look_after(); });
}

void Publisher::look_after() {
  const bool is_over = sent_ && is_refused();
  sent_.reset();
  if (is_over) return fail(refusal);
  if (!is_marked_) return;
  if (open_transactions > 0) return set_timer(moment_ms);
  publish();
}

// What has not been confirmed yet waits in the socket, and is not lost.
bool Publisher::is_refused() {
  const bool is_confirmed = sent_->take_receipts() > 0;
  if (is_confirmed) has_complained = false;
  return !is_confirmed && sent_->is_closed();
}

// Counting comes last, so that nobody counts in vain while the learner is away.
void Publisher::publish() {
  auto courier = io::Courier::connect(socket_);
  if (!courier) return fail(courier.error());
  const quota::Usage usage = count();
  if (!courier->send(quota::format(usage))) return fail("the learner does not take it");
  sent_ = std::move(*courier);
  is_marked_ = !usage.is_certain && may_count_ && pause_ms_ < longest_pause_ms;
  pause_ms_ = is_marked_ ? std::max(2 * pause_ms_, first_pause_ms) : 0;
  timeout_remove(&timer_);
  set_timer(std::max(pause_ms_, moment_ms));
}

// What cannot be counted now has changed all the same, which the learner is told.
quota::Usage Publisher::count() {
  if (may_count_) {
    is_counting_ = true;
    auto usage = usage_of(user_);
    is_counting_ = false;
    if (usage) return std::move(*usage);
  }
  return quota::unknown_usage(user_.username, now());
}

void Publisher::fail(const std::string& problem) {
  is_marked_ = true;
  pause_ms_ = std::min(std::max(2 * pause_ms_, first_pause_ms), longest_pause_ms);
  timeout_remove(&timer_);
  set_timer(pause_ms_);
  if (std::exchange(has_complained, true)) return;
  e_warning(user_.event,
            "postern_quota: not told to postern-learner, so that Dovecot alone decides about mail, "
            "or for a while Postfix by what was told before: %s",
            problem.c_str());
}

}  // namespace postern::quota_plugin
