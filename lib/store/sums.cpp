#include "lib/store/sums.hpp"

#include <algorithm>
#include <cmath>

#include "lib/store/bounds.hpp"

namespace postern::store {
namespace {

double bounded(double number) {
  return std::isfinite(number) ? std::clamp(number, -max_sum, max_sum) : 0;
}

double factor(Lifetime elapsed, Lifetime half_life) {
  if (half_life <= Lifetime{0}) return 1;
  return std::exp2(-static_cast<double>(elapsed.count()) / static_cast<double>(half_life.count()));
}

}  // namespace

bool only_reads(const Accumulate& accumulate) {
  return std::all_of(accumulate.deltas.begin(), accumulate.deltas.end(),
                     [](double delta) { return bounded(delta) == 0; });
}

SumsAt accumulated(const std::optional<SumsAt>& before, const Accumulate& accumulate, Time now) {
  SumsAt after{now, accumulate.deltas};
  if (after.sums.size() > max_sums) after.sums.resize(max_sums);
  for (double& sum : after.sums) sum = bounded(sum);
  if (!before || before->sums.size() != after.sums.size()) return after;

  if (before->at > now && before->at - now <= max_clock_skew) after.at = before->at;
  const Lifetime elapsed = std::clamp(after.at - before->at, Lifetime{0},
                                      std::max(clamp_lifetime(accumulate.lifetime), Lifetime{1}));
  const double share = factor(elapsed, accumulate.half_life);
  for (std::size_t i = 0; i < after.sums.size(); ++i) {
    after.sums[i] = bounded(bounded(before->sums[i]) * share + after.sums[i]);
  }
  return after;
}

}  // namespace postern::store
