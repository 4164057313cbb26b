#include "lib/io/resolver/budgeted_inquiry.hpp"

#include <algorithm>
#include <utility>

namespace postern::io {

BudgetedInquiry::BudgetedInquiry(std::shared_ptr<AnswerSource> source, const Budget& budget)
    : source_(std::move(source)), budget_(budget) {}

void BudgetedInquiry::ask(const dns::Questions& questions) {
  const Clock::time_point deadline = Clock::now() + budget_.question;
  dns::Questions fresh;
  Deliveries refused;
  for (const dns::Question& question : questions) {
    if (known_.count(question) != 0) continue;
    pending_.emplace(question, deadline);
    if (known_.size() >= budget_.questions) {
      limit_hit_ = true;
      refused.push_back({question, failed_answer(dns::Status::servfail)});
      continue;
    }
    known_.insert(question);
    fresh.push_back(question);
  }
  mailbox_->deliver(std::move(refused));
  if (fresh.empty()) return;
  const bool spent = waited_ >= budget_.total;
  source_->submit(fresh, mailbox_,
                  spent ? AnswerSource::Effort::only_known : AnswerSource::Effort::anything);
}

bool BudgetedInquiry::collect(dns::Answers& answers) {
  return settle(mailbox_->take(), answers);
}

void BudgetedInquiry::wait(dns::Answers& answers) {
  collect(answers);
  if (pending_.empty()) return;
  const Clock::time_point start = Clock::now();
  const Clock::time_point limit = std::min(start + (budget_.total - waited_), latest_deadline());
  while (!pending_.empty() && Clock::now() < limit) {
    settle(mailbox_->take_when(pending_.size(), limit), answers);
  }
  waited_ += Clock::now() - start;
  if (pending_.empty()) return;
  const SharedAnswer timeout = failed_answer(dns::Status::timeout);
  for (const auto& [question, deadline] : pending_) answers.add(question, timeout);
  pending_.clear();
}

std::chrono::milliseconds BudgetedInquiry::waited() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(waited_);
}

// An answer to a question already given up is dropped here: its timeout has been used.
bool BudgetedInquiry::settle(Deliveries deliveries, dns::Answers& answers) {
  bool any = false;
  for (Delivery& delivery : deliveries) {
    if (pending_.erase(delivery.question) == 0) continue;
    answers.add(std::move(delivery.question), std::move(delivery.answer));
    any = true;
  }
  return any;
}

Clock::time_point BudgetedInquiry::latest_deadline() const {
  Clock::time_point latest = Clock::time_point::min();
  for (const auto& [question, deadline] : pending_) latest = std::max(latest, deadline);
  return latest;
}

}  // namespace postern::io
