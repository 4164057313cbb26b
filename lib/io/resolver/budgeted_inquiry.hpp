// The inquiry of every resolver: deadlines, budget, and limits over a source of answers.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "lib/io/resolver/mailbox.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::io {

class BudgetedInquiry final : public Inquiry {
 public:
  BudgetedInquiry(std::shared_ptr<AnswerSource> source, const Budget& budget);

  void ask(const dns::Questions& questions) override;
  bool collect(dns::Answers& answers) override;
  void wait(dns::Answers& answers) override;
  [[nodiscard]] std::chrono::milliseconds waited() const override;
  [[nodiscard]] unsigned asked() const override { return static_cast<unsigned>(known_.size()); }
  [[nodiscard]] bool limit_hit() const override { return limit_hit_; }

 private:
  bool settle(Deliveries deliveries, dns::Answers& answers);
  [[nodiscard]] Clock::time_point latest_deadline() const;

  const std::shared_ptr<AnswerSource> source_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  const Budget budget_;
  std::set<dns::Question> known_;  // bounded by Budget::questions: those refused are not kept
  std::map<dns::Question, Clock::time_point> pending_;  // with the deadline of each
  Clock::duration waited_{};
  bool limit_hit_ = false;
};

}  // namespace postern::io
