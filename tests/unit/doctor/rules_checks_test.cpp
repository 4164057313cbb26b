// Tests of the check of the rules of the antispam engine.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

Finding with(const Observed<RulesFact>& rules) {
  Facts facts = healthy_facts();
  facts.rules = rules;
  return worst_of(facts, healthy_zone(), "rules");
}

TEST_CASE("check_rules: their age", "[doctor]") {
  check_finding(with(RulesFact{"/r", test_time - 30 * day}), Severity::ok, "within 30 days");
  const Finding old = with(RulesFact{"/r", test_time - 31 * day});
  check_finding(old, Severity::warning, "31 days ago");
  CHECK(old.subject == "/r");
  CHECK(old.remedy.find("postern rules update") != std::string::npos);
  check_finding(with(RulesFact{"/r", {}}), Severity::error, "no rules");
  check_finding(with(not_observed<RulesFact>("antispam.enabled is false")), Severity::skipped,
                "enabled is false");
}

}  // namespace
}  // namespace postern::doctor
