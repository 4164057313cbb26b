// Tests of the check of the scanners for viruses.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

using antivirus::Outcome;
using antivirus::Result;

Finding with(const Outcome& outcome, bool is_avscan = true) {
  Facts facts = healthy_facts();
  facts.scanners = std::vector<ScannerFact>{{"avscan:/run/x", true, {Result::infected, "Eicar"}},
                                            {"x", is_avscan, outcome}};
  return worst_of(facts, healthy_zone(), "scanner");
}

TEST_CASE("check_scanners: what each says of a known virus", "[doctor]") {
  check_finding(with({Result::infected, "Eicar"}), Severity::ok, "finds the EICAR test file");
  check_finding(with({Result::clean, ""}), Severity::warning, "lacks the official signatures");
  check_finding(with({Result::skipped, "memory"}), Severity::warning, "short of memory");
  check_finding(with({Result::unscannable, "odd\n"}), Severity::warning, "says unscannable");
  check_finding(with({Result::macro, ""}), Severity::warning, "says macro");
  const Finding away = with({Result::temperror, "no such file"});
  check_finding(away, Severity::error, "gives no answer: no such file");
  CHECK(away.subject == "x");
  CHECK(away.remedy.find("postern-avscan") != std::string::npos);
  CHECK(with({Result::temperror, ""}, false).remedy == "systemctl status clamav-daemon");
}

TEST_CASE("check_scanners: signatures of these days", "[doctor]") {
  Facts facts = healthy_facts();
  facts.scanners = std::vector<ScannerFact>{};
  facts.signatures_written = test_time - 7 * day;
  check_finding(worst_of(facts, healthy_zone(), "scanner"), Severity::ok, "within 7 days");
  facts.signatures_written = test_time - 8 * day;
  check_finding(worst_of(facts, healthy_zone(), "scanner"), Severity::warning, "8 days old");
}

TEST_CASE("check_scanners: where nothing is scanned, nothing is complained of", "[doctor]") {
  Facts facts = healthy_facts();
  facts.scanners = not_observed<std::vector<ScannerFact>>("antivirus.enabled is no");
  check_finding(worst_of(facts, healthy_zone(), "scanner"), Severity::skipped, "enabled is no");
}

}  // namespace
}  // namespace postern::doctor
