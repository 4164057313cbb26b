// Tests of the checks of clock, keys, disks, and configuration.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

constexpr std::uint64_t gib = 1ULL << 30U;
constexpr std::uint64_t mib = 1ULL << 20U;

TEST_CASE("check_clock: who keeps it", "[doctor]") {
  const auto [clock, severity] = GENERATE(table<ClockFact, Severity>({
      {ClockFact{true, true}, Severity::ok},
      {ClockFact{true, false}, Severity::ok},
      {ClockFact{false, true}, Severity::warning},
      {ClockFact{false, false}, Severity::skipped},
  }));
  Facts facts = healthy_facts();
  facts.clock = clock;
  check_finding(worst_of(facts, healthy_zone(), "clock"), severity, "");
}

TEST_CASE("check_key_files: problems with file and remedy", "[doctor]") {
  const auto [problem, subject, text, remedy] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"/k/a.pem: can be read by others; mend it with: chmod 600 /k/a.pem", "/k/a.pem",
           "can be read by others", "chmod 600 /k/a.pem"},
          {"/k/a.pem: is no key", "/k/a.pem", "is no key", "postern dkim list"},
          {"odd", "keys", "odd", "postern dkim list"},
      }));
  Facts facts = healthy_facts();
  facts.key_problems = std::vector<std::string>{problem};
  const Finding finding = worst_of(facts, healthy_zone(), "keys");
  CHECK(finding.severity == Severity::error);
  CHECK(finding.subject == subject);
  CHECK(finding.text == text);
  CHECK(finding.remedy == remedy);
}

TEST_CASE("check_disks: room", "[doctor]") {
  const auto [free, total, inodes, severity, part] =
      GENERATE(table<std::uint64_t, std::uint64_t, std::uint64_t, Severity, std::string>({
          {5 * gib, 10 * gib, 500, Severity::ok, "has room"},
          {14 * mib, 10 * gib, 500, Severity::error, "is full"},
          {0, 10 * gib, 500, Severity::error, "is full"},
          {4 * gib, 100 * gib, 500, Severity::warning, "almost full"},
          {199 * mib, gib, 500, Severity::warning, "almost full"},
          {5 * gib, 10 * gib, 49, Severity::warning, "inodes"},
      }));
  Facts facts = healthy_facts();
  facts.disks = std::vector<DiskFact>{{"/q", "mail queue", free, total, inodes, 1000}};
  check_finding(worst_of(facts, healthy_zone(), "disk"), severity, part);
}

TEST_CASE("check_config: broken, absent, right", "[doctor]") {
  Facts facts = healthy_facts();
  facts.config->is_default = true;
  const Finding finding = worst_of(facts, healthy_zone(), "config");
  check_finding(finding, Severity::info, "defaults");
  CHECK(finding.subject == "/etc/postern/postern.toml");
  facts.config = not_observed<OwnConfig>("postern.toml:3: mdoe: is no parameter");
  check_finding(worst_of(facts, healthy_zone(), "config"), Severity::error, "postern.toml:3");
}

}  // namespace
}  // namespace postern::doctor
