#include "lib/antispam/text/deadline.hpp"

namespace postern::antispam {
namespace {

constexpr std::chrono::milliseconds least_step{1};
constexpr int rules_of_a_budget = 4;

}  // namespace

Deadline::Deadline(Clocks clocks, std::chrono::milliseconds budget)
    : clocks_(budget.count() > 0 ? clocks : Clocks()), budget_(budget) {
  if (clocks_.wall == nullptr) clocks_.wall = clocks_.busy;
}

void Deadline::resume() {
  if (clocks_.busy == nullptr) return;
  busy_ = clocks_.busy();
  wall_ = clocks_.wall();
}

void Deadline::look() {
  work_ = 0;
  if (clocks_.busy == nullptr) return;
  const auto wall = clocks_.wall();
  if (wall - wall_ >= least_step) {
    wall_ = wall;
    const auto busy = clocks_.busy();
    used_ += busy - busy_;
    busy_ = busy;
  }
  if (!rule_began_) rule_began_ = used_;
  is_over_ = used_ > budget_;
  is_rule_over_ = used_ - *rule_began_ > budget_ / rules_of_a_budget;
}

}  // namespace postern::antispam
