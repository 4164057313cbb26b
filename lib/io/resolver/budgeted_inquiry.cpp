#include "lib/io/resolver/budgeted_inquiry.hpp"

#include <algorithm>
#include <utility>

namespace postern::io {

BudgetedInquiry::BudgetedInquiry(std::shared_ptr<AnswerSource> source, const Budget& budget,
                                 OnArrival on_arrival)
    : source_(std::move(source)),
      mailbox_(std::make_shared<Mailbox>(std::move(on_arrival))),
      budget_(budget) {}

void BudgetedInquiry::ask(const dns::Questions& questions) {
  if (questions.empty()) return;
  const Clock::time_point now = Clock::now();
  dns::Questions fresh;
  fresh.reserve(questions.size());
  for (const dns::Question& question : questions) {
    if (asked_.count(question) != 0) continue;
    if (asked_.size() >= budget_.questions) {
      limit_hit_ = true;
      refused_.push_back(question);
      continue;
    }
    asked_.emplace(question, Asked{now});
    fresh.push_back(question);
  }
  open_ += fresh.size();
  if (fresh.empty()) return;
  const bool spent = waited_ >= budget_.total;
  source_->submit(fresh, mailbox_,
                  spent ? AnswerSource::Effort::only_known : AnswerSource::Effort::anything);
}

bool BudgetedInquiry::collect(dns::Answers& answers) {
  const bool any_refused = !refused_.empty();
  for (dns::Question& question : refused_) {
    answers.add(std::move(question), failed_answer(dns::Status::not_asked));
  }
  refused_.clear();
  return settle(mailbox_->take(), answers) || any_refused;
}

void BudgetedInquiry::wait(dns::Answers& answers) {
  collect(answers);
  if (open_ == 0) return;
  const Clock::time_point start = Clock::now();
  const Clock::time_point end = start + (budget_.total - waited_);
  const bool shrinks = budget_.least.count() > 0;
  while (open_ > 0) {
    const Clock::time_point limit = std::min(end, latest_deadline());
    if (Clock::now() >= limit) break;
    settle(mailbox_->take_when(shrinks ? 1 : open_, limit), answers);
  }
  waited_ += Clock::now() - start;
  if (open_ > 0) give_up(answers);
}

void BudgetedInquiry::give_up(dns::Answers& answers) {
  const SharedAnswer timeout = failed_answer(dns::Status::timeout);
  for (auto& [question, asked] : asked_) {
    if (!asked.is_open) continue;
    answers.add(question, timeout);
    asked.is_open = false;
  }
  open_ = 0;
}

std::chrono::milliseconds BudgetedInquiry::waited() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(waited_);
}

// An answer to a question already given up is dropped here: its timeout has been used.
bool BudgetedInquiry::settle(Deliveries deliveries, dns::Answers& answers) {
  bool any = false;
  for (Delivery& delivery : deliveries) {
    const auto asked = asked_.find(delivery.question);
    if (asked == asked_.end() || !asked->second.is_open) continue;
    asked->second.is_open = false;
    --open_;
    answers.add(std::move(delivery.question), std::move(delivery.answer));
    any = true;
  }
  return any;
}

// With the square of the share that is answered, as SpamAssassin's rbl_timeout does it: the last
// few get little more than the least.
Clock::duration BudgetedInquiry::patience() const {
  if (budget_.least.count() == 0 || budget_.least >= budget_.question) return budget_.question;
  const double answered = 1 - static_cast<double>(open_) / static_cast<double>(asked_.size());
  const std::chrono::duration<double> spread = budget_.question - budget_.least;
  return budget_.question -
         std::chrono::duration_cast<Clock::duration>(spread * (answered * answered));
}

Clock::time_point BudgetedInquiry::latest_deadline() const {
  Clock::time_point latest = Clock::time_point::min();
  for (const auto& [question, asked] : asked_) {
    if (asked.is_open) latest = std::max(latest, asked.at);
  }
  return latest == Clock::time_point::min() ? latest : latest + patience();
}

}  // namespace postern::io
