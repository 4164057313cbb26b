// The inquiry of every resolver: deadlines, budget, and limits over a source of answers.
#pragma once

#include <map>
#include <memory>

#include "lib/io/resolver/mailbox.hpp"
#include "lib/io/resolver/resolver.hpp"

namespace postern::io {

class BudgetedInquiry final : public Inquiry {
 public:
  BudgetedInquiry(std::shared_ptr<AnswerSource> source, const Budget& budget,
                  OnArrival on_arrival = {});

  void ask(const dns::Questions& questions) override;
  bool collect(dns::Answers& answers) override;
  void wait(dns::Answers& answers) override;
  [[nodiscard]] std::chrono::milliseconds waited() const override;
  [[nodiscard]] unsigned asked() const override { return static_cast<unsigned>(asked_.size()); }
  [[nodiscard]] bool limit_hit() const override { return limit_hit_; }

 private:
  struct Asked {
    Clock::time_point at;
    bool is_open = true;  // neither answered nor given up
  };

  bool settle(Deliveries deliveries, dns::Answers& answers);
  void give_up(dns::Answers& answers);
  [[nodiscard]] Clock::duration patience() const;
  [[nodiscard]] Clock::time_point latest_deadline() const;

  const std::shared_ptr<AnswerSource> source_;
  const std::shared_ptr<Mailbox> mailbox_;
  const Budget budget_;
  std::map<dns::Question, Asked> asked_;  // at most Budget::questions
  std::size_t open_ = 0;                  // how many of asked_ are open
  dns::Questions refused_;                // over the budget, to be answered by the next collect()
  Clock::duration waited_{};
  bool limit_hit_ = false;
};

}  // namespace postern::io
