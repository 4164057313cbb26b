// Tests of the checks of Postfix.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

TEST_CASE("check_postfix: values of parameters", "[doctor]") {
  const auto [name, value, severity, part] =
      GENERATE(table<std::string, std::string, Severity, std::string>({
          {"smtpd_forbid_bare_newline", "normalize", Severity::ok, "normalize"},
          {"smtpd_forbid_bare_newline", "no", Severity::warning, "smuggled"},
          {"internal_mail_filter_classes", "notify, bounce", Severity::ok, "signed"},
          {"internal_mail_filter_classes", "", Severity::info, "not signed"},
          {"message_size_limit", "10240000", Severity::ok, "whole"},
          {"message_size_limit", "0", Severity::warning, "fill the disk"},
          {"message_size_limit", "999999999", Severity::info, "checks read the first"},
          {"mynetworks", "127.0.0.0/8 192.168.0.0/16 [fe80::]/64", Severity::ok, "no network"},
          {"mynetworks", "hash:/etc/postfix/networks !10.0.0.1", Severity::ok, "no network"},
          {"mynetworks", "0.0.0.0/0", Severity::error, "0.0.0.0/0"},
          {"mynetworks", "[::]/0", Severity::error, "[::]/0"},
          {"mynetworks", "203.0.0.0/16", Severity::warning, "203.0.0.0/16"},
      }));
  Facts facts = healthy_facts();
  facts.postfix->values[name] = value;
  check_finding(about(facts, name), severity, part);
}

TEST_CASE("check_postfix: a Postfix that does not know the parameter", "[doctor]") {
  Facts facts = healthy_facts();
  facts.postfix->values.erase("smtpd_forbid_bare_newline");
  check_finding(about(facts, "smtpd_forbid_bare_newline"), Severity::warning, "too old");
}

TEST_CASE("check_postfix: a service without milters is told", "[doctor]") {
  Facts facts = healthy_facts();
  facts.postfix->services = parse_master("10025 inet n - n - - smtpd -o smtpd_milters=\n",
                                         "10025/inet/smtpd_milters =\n");
  check_finding(about(facts, "10025/inet"), Severity::info, "without any milter");
}

TEST_CASE("check_postfix: without Postfix it is skipped", "[doctor]") {
  Facts facts = healthy_facts();
  facts.postfix = not_observed<PostfixConfig>("postconf is not installed");
  for (const char* check : {"postfix", "host"}) {
    facts.host.clear();
    check_finding(worst_of(facts, healthy_zone(), check), Severity::skipped, "not installed");
  }
}

TEST_CASE("check_milters: a milter that is down", "[doctor]") {
  Facts facts = healthy_facts();
  facts.milters->front().problem = "connection refused";
  const Finding finding = worst_of(facts, healthy_zone(), "milter");
  check_finding(finding, Severity::error, "connection refused");
  CHECK(finding.subject == "inet:127.0.0.1:8891");
  facts.milters->clear();
  check_finding(worst_of(facts, healthy_zone(), "milter"), Severity::info, "no milter");
}

TEST_CASE("check_policies: a policy server that is down", "[doctor]") {
  Facts facts = healthy_facts();
  facts.policies = std::vector<SocketFact>{{"unix:private/policy", "unix:/q/private/policy",
                                            "smtpd_recipient_restrictions", "no such file"}};
  check_finding(worst_of(facts, healthy_zone(), "policy"), Severity::error, "/q/private/policy");
}

}  // namespace
}  // namespace postern::doctor
