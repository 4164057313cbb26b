#include "policy-daemon/knowledge.hpp"

#include <utility>

namespace postern {

Knowledge::Knowledge(Services& services, std::chrono::milliseconds dns_timeout,
                     std::function<void()> on_news)
    : services_(services), dns_timeout_(dns_timeout), on_news_(std::move(on_news)) {}

// The store is asked once the answers that DNS has at hand are used up: then more of what is to be
// asked is known, and goes in one batch.
bool Knowledge::ask(const dns::Questions& questions, std::vector<store::Operation> operations) {
  if (ask_dns(questions)) return true;
  ask_store(std::move(operations));
  return false;
}

// One batch at a time: what is missing when it has come, and only that, goes in the next.
void Knowledge::ask_store(std::vector<store::Operation> operations) {
  if (operations.empty() || store_asked_ || store_failed_) return;
  store_asked_ = true;
  services_.store.run(std::move(operations),
                      [self = shared_from_this()](std::vector<store::Operation> asked,
                                                  const io::StoreWorker::Results& results) {
                        self->on_store(std::move(asked), results);
                      });
}

void Knowledge::on_store(std::vector<store::Operation> operations,
                         const io::StoreWorker::Results& results) {
  store_asked_ = false;
  store_failed_ = !results;
  for (std::size_t i = 0; results && i < operations.size(); ++i) {
    known_.add(std::move(operations[i]), (*results)[i]);
  }
  on_news_();
}

// One batch at a time, as with the store; what has been asked a moment ago is known at once.
bool Knowledge::ask_postfix(bool wants_names, std::vector<recipients::Lookup> lookups) {
  if ((!wants_names && lookups.empty()) || postfix_asked_ || postfix_failed_) return false;
  if (wants_names) names_ = services_.tables.fresh_names();
  if (wants_names && names_) return true;
  auto known = services_.tables.find_known(lookups);
  if (!known.empty()) {
    add_answers(std::move(lookups), std::move(known));
    return true;
  }
  postfix_asked_ = true;
  services_.tables.run(std::move(lookups),
                       [self = shared_from_this()](std::vector<recipients::Lookup> asked,
                                                   std::vector<recipients::Answer> answers) {
                         self->on_postfix(std::move(asked), std::move(answers));
                       });
  return false;
}

void Knowledge::on_postfix(std::vector<recipients::Lookup> lookups,
                           std::vector<recipients::Answer> answers) {
  postfix_asked_ = false;
  add_answers(std::move(lookups), std::move(answers));
  if (!names_) names_ = services_.tables.names();
  postfix_failed_ = postfix_failed_ || !names_;
  on_news_();
}

void Knowledge::add_answers(std::vector<recipients::Lookup> lookups,
                            std::vector<recipients::Answer> answers) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    table_answers_.add(std::move(lookups[i]), std::move(answers[i]));
  }
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
  // What is known at once is collected here, so that nobody has to be told; what came while the
  // flag was set, too.
  arrival_->store(true);
  inquiry_->ask(questions);
  const bool at_once = inquiry_->collect(answers_);
  arrival_->store(false);
  return inquiry_->collect(answers_) || at_once;
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
