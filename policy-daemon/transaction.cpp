#include "policy-daemon/transaction.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "lib/io/wall_clock.hpp"
#include "policy-daemon/decision_line.hpp"

namespace postern {
namespace {

// Of the time for an answer, DNS and Postfix get so much; then rules that need them are passed over
// and the others still count.
constexpr int share_percent = 75;
// While no name server answers: enough for one that works again, little for all who wait in vain.
constexpr std::chrono::milliseconds wait_while_dns_is_down{200};

}  // namespace

Transaction::Transaction(Services& services, policy::Request request, Done done)
    : services_(services),
      site_(services.site),
      request_(std::move(request)),
      now_(io::wall_clock()),
      done_(std::move(done)) {}

Transaction::~Transaction() = default;

void Transaction::start() {
  const auto timeout = site_->policy.settings.server.timeout;
  knowledge_ = std::make_shared<Knowledge>(services_, timeout, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->advance();
  });
  // This one keeps us alive while answers are on their way: finish() lets it go.
  deadline_ = services_.loop.after(timeout, [self = shared_from_this()] { self->give_up(); });
  advance();
}

std::chrono::milliseconds Transaction::dns_time() const {
  const auto share = site_->policy.settings.server.timeout * share_percent / 100;
  return services_.resolver.is_down() ? std::min(share, wait_while_dns_is_down) : share;
}

// Most answers are at hand, and cost no timer.
void Transaction::limit_dns() {
  if (dns_deadline_.is_set()) return;
  const auto left = std::max(dns_time() - age(), std::chrono::milliseconds(0));
  dns_deadline_ = services_.loop.after(left, [this] {
    knowledge_->give_up_dns();
    advance();
  });
}

void Transaction::limit_postfix() {
  if (postfix_deadline_.is_set()) return;
  const auto share = site_->policy.settings.server.timeout * share_percent / 100;
  postfix_deadline_ =
      services_.loop.after(std::max(share - age(), std::chrono::milliseconds(0)), [this] {
        knowledge_->give_up_postfix();
        advance();
      });
}

std::chrono::milliseconds Transaction::age() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin_);
}

void Transaction::advance() {
  while (done_) {
    policy::Evaluation evaluation =
        policy::evaluate(request_, site_->policy,
                         {knowledge_->answers(), knowledge_->known(), knowledge_->store_failed(),
                          knowledge_->postfix()},
                         now_, found_);
    if (evaluation.decision) return finish(*evaluation.decision);
    if (knowledge_->ask(evaluation.questions, std::move(evaluation.operations))) continue;
    const bool asks_postfix = evaluation.wants_names || !evaluation.lookups.empty();
    if (knowledge_->ask_postfix(evaluation.wants_names, std::move(evaluation.lookups))) continue;
    if (!evaluation.questions.empty()) limit_dns();
    if (asks_postfix) limit_postfix();
    return;
  }
}

void Transaction::give_up() {
  if (!done_) return;
  finish(policy::fail_decision(request_, site_->policy, "no answer in time"));
}

void Transaction::finish(const policy::Decision& decision) {
  const auto self = shared_from_this();  // `done` may let go of us
  const Done done = std::exchange(done_, nullptr);
  deadline_ = {};
  dns_deadline_ = {};
  postfix_deadline_ = {};
  knowledge_.reset();
  if (!decision.writes.empty()) services_.store.run(decision.writes, nullptr);
  for (const Notice& notice : decision.notices) services_.notices.send(notice);
  write_log(decision);
  done(decision);
}

void Transaction::write_log(const policy::Decision& decision) const {
  services_.log.write(event::policy,
                      decision_line(request_, decision, site_->daemon.log_addresses, age()));
}

}  // namespace postern
