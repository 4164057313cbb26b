// Evals over the probability that Bayes found (Mail::SpamAssassin::Plugin::Bayes).
#include <array>

#include <fmt/format.h>

#include "lib/antispam/evals/arguments.hpp"
#include "lib/antispam/evals/eval_tables.hpp"
#include "lib/antispam/evals/hit_details.hpp"

namespace postern::antispam {
namespace {

/// More than the first argument, at most the second; from 0 on, 0 itself too.
double check_bayes(EvalContext& context, std::span<const std::string> values) {
  const Arguments arguments(values);
  if (!context.spam_probability || !context.message.options().use_bayes) return 0;
  const double probability = *context.spam_probability;
  const bool is_hit = (arguments.number(0) == 0 || probability > arguments.number(0)) &&
                      (arguments.text(1) == "undef" || probability <= arguments.number(1));
  if (is_hit) {
    context.memory.get<HitDetails>().add(context.rule_name,
                                         fmt::format("score: {:.4f}", probability));
  }
  return is_hit;
}

constexpr std::array rows = {Eval{"check_bayes", "Bayes", check_bayes}};

}  // namespace

std::span<const Eval> bayes_evals() {
  return rows;
}

}  // namespace postern::antispam
