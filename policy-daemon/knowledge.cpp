#include "policy-daemon/knowledge.hpp"

#include <utility>

namespace postern {

Knowledge::Knowledge(Services& services, std::chrono::milliseconds dns_timeout,
                     std::function<void()> on_news)
    : services_(services), dns_timeout_(dns_timeout), on_news_(std::move(on_news)) {}

bool Knowledge::ask(const dns::Questions& questions,
                    const std::vector<store::Operation>& operations) {
  ask_store(operations);
  return ask_dns(questions);
}

void Knowledge::ask_store(const std::vector<store::Operation>& operations) {
  std::vector<store::Operation> fresh;
  for (const store::Operation& operation : operations) {
    if (asked_.insert(operation).second) fresh.push_back(operation);
  }
  if (fresh.empty()) return;
  services_.store.run(fresh,
                      [self = shared_from_this(), fresh](const StoreWorker::Results& results) {
                        self->on_store(fresh, results);
                      });
}

void Knowledge::on_store(const std::vector<store::Operation>& operations,
                         const StoreWorker::Results& results) {
  if (!results) {
    store_failed_ = true;
  } else {
    for (std::size_t i = 0; i < operations.size(); ++i) known_.add(operations[i], (*results)[i]);
  }
  on_news_();
}

void Knowledge::assume(const store::Operation& operation, store::Result result) {
  known_.add(operation, std::move(result));
}

bool Knowledge::ask_dns(const dns::Questions& questions) {
  if (questions.empty()) return false;
  if (dns_given_up_) {
    dns::Answer timeout;
    timeout.status = dns::Status::timeout;
    for (const dns::Question& question : questions) answers_.add(question, timeout);
    return true;
  }
  if (!inquiry_) inquiry_ = make_inquiry();
  inquiry_->ask(questions);
  return inquiry_->collect(answers_);
}

std::unique_ptr<io::Inquiry> Knowledge::make_inquiry() {
  io::Budget budget;
  budget.question = dns_timeout_;
  return services_.resolver.inquiry(
      budget, [&loop = services_.loop, arrival = arrival_, weak = weak_from_this()] {
        if (arrival->exchange(true)) return;  // the loop will look anyway
        loop.post([arrival, weak] {
          arrival->store(false);
          const auto self = weak.lock();
          if (self && self->inquiry_->collect(self->answers_)) self->on_news_();
        });
      });
}

}  // namespace postern
