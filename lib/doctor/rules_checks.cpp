#include "lib/antispam/update/history.hpp"
#include "lib/doctor/check.hpp"
#include "lib/doctor/support.hpp"

namespace postern::doctor {
namespace {

constexpr std::int64_t day = 86400;  // seconds

}  // namespace

void check_rules(Context& context) {
  const Facts& facts = context.facts();
  if (!facts.rules) {
    context.skipped("antispam", facts.rules.error());
    return;
  }
  const RulesFact& rules = *facts.rules;
  if (!rules.written) {
    context.error(rules.directory.empty() ? "antispam" : rules.directory,
                  "there are no rules: no message is judged", "postern rules update");
    return;
  }
  const std::int64_t age = (facts.now - *rules.written) / day;
  if (age <= antispam::max_rules_age) {
    context.ok(rules.directory, "the rules were written within " +
                                    std::to_string(antispam::max_rules_age) + " days");
  } else {
    context.warning(rules.directory,
                    "the rules were written " + std::to_string(age) +
                        " days ago: nobody fetches new ones, or there are none for who asks",
                    "postern rules update; systemctl enable --now postern-rules-update.timer");
  }
}

}  // namespace postern::doctor
