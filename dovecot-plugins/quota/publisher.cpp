#include "dovecot-plugins/quota/quota.hpp"

#include "dovecot-plugins/quota/publisher.hpp"

#include <algorithm>
#include <utility>

#include "dovecot-plugins/common/guarded.hpp"
#include "dovecot-plugins/quota/usage.hpp"
#include "lib/io/training/courier.hpp"

namespace postern::quota_plugin {
namespace {

constexpr unsigned moment_ms = 250;
constexpr unsigned retry_ms = 2000;

// Of this process; who serves many users says once that the learner is away.
bool has_complained = false;

}  // namespace

Publisher::~Publisher() {
  timeout_remove(&timer_);
}

void Publisher::mark() {
  if (is_publishing_) return;
  is_marked_ = true;
  if (timer_ == nullptr) set_timer(moment_ms);
}

void Publisher::finish() {
  timeout_remove(&timer_);
  if (is_marked_) publish();
  timeout_remove(&timer_);
}

void Publisher::set_timer(unsigned milliseconds) {
  timer_ = timeout_add_to(io_loop_get_root(), milliseconds, on_timeout, this);
}

void Publisher::on_timeout(void* context) noexcept {
  auto* const self = static_cast<Publisher*>(context);
  timeout_remove(&self->timer_);
  dovecot::guarded("quota", [self] { self->publish(); });
}

// Without the learner it is tried again while the session lasts. What is lost then does no harm:
// what was published before a learner began does not count.
void Publisher::publish() {
  is_marked_ = false;
  is_publishing_ = true;
  const auto usage = usage_of(user_);
  is_publishing_ = false;
  if (!usage) return;
  auto courier = io::Courier::connect(socket_);
  if (courier && courier->send(quota::format(*usage))) {
    has_complained = false;
    return;
  }
  is_marked_ = true;
  set_timer(retry_ms);
  if (std::exchange(has_complained, true)) return;
  e_warning(user_.event,
            "postern_quota: not published, so that Postfix takes mail for full mailboxes: %s",
            courier ? "the learner does not take it" : courier.error().c_str());
}

}  // namespace postern::quota_plugin
