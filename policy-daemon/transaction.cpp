#include "policy-daemon/transaction.hpp"

#include <string>
#include <utility>

#include "lib/event/catalogue.hpp"
#include "policy-daemon/decision_line.hpp"

namespace postern {
namespace {

// Of the time for an answer, DNS gets so much; then rules that need it are passed over and the
// others still count.
constexpr int dns_share_percent = 75;

store::Time wall_clock() {
  return std::chrono::time_point_cast<store::Time::duration>(std::chrono::system_clock::now());
}

}  // namespace

Transaction::Transaction(Services& services, policy::Request request, Done done)
    : services_(services),
      site_(services.site),
      request_(std::move(request)),
      now_(wall_clock()),
      done_(std::move(done)) {}

Transaction::~Transaction() = default;

void Transaction::start() {
  const auto timeout = site_->policy.settings.server.timeout;
  dns_deadline_ =
      services_.loop.after(timeout * dns_share_percent / 100, [this] { give_up_dns(); });
  // This one keeps us alive while answers are on their way: finish() lets it go.
  deadline_ = services_.loop.after(timeout, [self = shared_from_this()] { self->give_up(); });
  advance();
}

void Transaction::advance() {
  while (done_) {
    policy::Evaluation evaluation =
        policy::evaluate(request_, site_->policy, {answers_, known_, store_failed_}, now_);
    if (evaluation.decision) return finish(*evaluation.decision);
    if (!ask(std::move(evaluation))) return;
  }
}

// Whether something was known at once, so that evaluating again is of use.
bool Transaction::ask(policy::Evaluation missing) {
  ask_store(missing.operations);
  return ask_dns(missing.questions);
}

bool Transaction::ask_dns(const dns::Questions& questions) {
  if (questions.empty()) return false;
  if (dns_given_up_) {
    dns::Answer timeout;
    timeout.status = dns::Status::timeout;
    for (const dns::Question& question : questions) answers_.add(question, timeout);
    return true;
  }
  if (!inquiry_) {
    io::Budget budget;
    budget.question = site_->policy.settings.server.timeout;
    inquiry_ = services_.resolver.inquiry(
        budget, [&loop = services_.loop, arrival = arrival_, self = weak_from_this()] {
          if (arrival->exchange(true)) return;  // the loop will look anyway
          loop.post([self, arrival] {
            arrival->store(false);
            const auto alive = self.lock();
            if (!alive || !alive->inquiry_) return;  // it has its decision
            if (alive->inquiry_->collect(alive->answers_)) alive->advance();
          });
        });
  }
  inquiry_->ask(questions);
  return inquiry_->collect(answers_);
}

void Transaction::ask_store(const std::vector<store::Operation>& operations) {
  std::vector<store::Operation> fresh;
  for (const store::Operation& operation : operations) {
    if (asked_.insert(operation).second) fresh.push_back(operation);
  }
  if (fresh.empty()) return;
  // Kept alive by the question: its answer may change what was counted, but not be lost.
  services_.store.run(fresh,
                      [self = shared_from_this(), fresh](const io::StoreWorker::Results& results) {
                        self->on_store(fresh, results);
                      });
}

void Transaction::on_store(const std::vector<store::Operation>& operations,
                           const io::StoreWorker::Results& results) {
  if (!results) {
    store_failed_ = true;
  } else {
    for (std::size_t i = 0; i < operations.size(); ++i) known_.add(operations[i], (*results)[i]);
  }
  advance();
}

void Transaction::give_up_dns() {
  dns_given_up_ = true;
  advance();
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
  inquiry_.reset();
  if (!decision.writes.empty()) services_.store.run(decision.writes, nullptr);
  if (decision.notice) services_.notices.send(*decision.notice);
  write_log(decision);
  done(decision);
}

void Transaction::write_log(const policy::Decision& decision) const {
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin_);
  services_.log.write(event::policy,
                      decision_line(request_, decision, site_->daemon.log_addresses, taken));
}

}  // namespace postern
