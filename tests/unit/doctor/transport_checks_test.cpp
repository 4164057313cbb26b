// Tests of the checks of MTA-STS, TLS-RPT, and SRV.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

using Policy = Observed<records::StsPolicy>;

TEST_CASE("check_mta_sts: the record", "[doctor]") {
  const auto [record, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {R"(["v=STSv1; id=1"])", Severity::ok, "mode enforce"},
      {"[]", Severity::info, "has no MTA-STS"},
      {R"(["v=STSv1;"])", Severity::warning, "has no id="},
      {R"(["v=STSv1; id=1", "v=STSv1; id=2"])", Severity::warning, "several"},
      {R"("TIMEOUT")", Severity::skipped, "no reply in time"},
  }));
  Zone zone = healthy_zone();
  zone["_mta-sts.example.org"]["TXT"] = Zone::parse(record);
  check_finding(worst_of(healthy_facts(), zone, "mta-sts"), severity, part);
}

TEST_CASE("check_mta_sts: the policy", "[doctor]") {
  using records::StsMode;
  using records::StsPolicy;
  const Policy unknown = not_observed<StsPolicy>("why");
  const auto [policy, failed, severity, part] =
      GENERATE_COPY(table<Policy, bool, Severity, std::string>({
          {StsPolicy{StsMode::testing, {"*.example.org"}, {}}, false, Severity::ok, "testing"},
          {StsPolicy{StsMode::enforce, {"mx.example.net"}, {}}, false, Severity::error,
           "does not name"},
          {StsPolicy{StsMode::testing, {"mx.example.net"}, {}}, false, Severity::warning,
           "does not name"},
          {StsPolicy{StsMode::none, {}, {}}, false, Severity::info, "withdrawn"},
          {unknown, true, Severity::warning, "why"},
          {unknown, false, Severity::skipped, "why"},
      }));
  Facts facts = healthy_facts();
  facts.domains.front().sts_policy = policy;
  facts.domains.front().sts_policy_failed = failed;
  check_finding(worst_of(facts, healthy_zone(), "mta-sts"), severity, part);
}

TEST_CASE("check_tls_rpt: the record", "[doctor]") {
  const auto [record, severity, part] = GENERATE(table<std::string, Severity, std::string>({
      {R"(["v=TLSRPTv1; rua=mailto:a@example.org"])", Severity::ok, "mailto:a@example.org"},
      {"[]", Severity::info, "does not say"},
      {R"(["v=TLSRPTv1; rua=a"])", Severity::warning, "neither"},
      {R"(["v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1;"])", Severity::warning, "several"},
      {R"("SERVFAIL")", Severity::skipped, "server failure"},
  }));
  Zone zone = healthy_zone();
  zone["_smtp._tls.example.org"]["TXT"] = Zone::parse(record);
  check_finding(worst_of(healthy_facts(), zone, "tls-rpt"), severity, part);
}

TEST_CASE("check_srv: services", "[doctor]") {
  Facts facts = healthy_facts();
  auto& services = facts.domains.front().services;
  services = std::vector<ServiceFact>{{"_imaps._tcp", "", 0}, {"_sieve._tcp", "a.example", 4190}};
  const Finding finding = worst_of(facts, healthy_zone(), "srv");
  check_finding(finding, Severity::info, "_imaps._tcp");
  CHECK(finding.text.find("_sieve") == std::string::npos);
  services = not_observed<std::vector<ServiceFact>>("why");
  check_finding(worst_of(facts, healthy_zone(), "srv"), Severity::skipped, "why");
}

}  // namespace
}  // namespace postern::doctor
