// Tests of the checks of Postfix.
#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

// The finding about one subject.
Finding about(const Facts& facts, const std::string& subject) {
  for (const Finding& finding : examine_zone(facts, healthy_zone(), {"postfix"})) {
    if (finding.subject == subject) return finding;
  }
  FAIL("no finding about " << subject);
  return {};
}

TEST_CASE("check_postfix: values of parameters", "[doctor]") {
  const auto [name, value, severity, part] =
      GENERATE(table<std::string, std::string, Severity, std::string>({
          {"milter_default_action", "tempfail", Severity::ok, "try again"},
          {"milter_default_action", "shutdown", Severity::ok, "try again"},
          {"milter_default_action", "accept", Severity::warning, "unjudged"},
          {"milter_default_action", "reject", Severity::error, "lost"},
          {"milter_default_action", "quarantine", Severity::warning, "hold"},
          {"smtpd_forbid_bare_newline", "normalize", Severity::ok, "normalize"},
          {"smtpd_forbid_bare_newline", "no", Severity::warning, "smuggled"},
          {"milter_protocol", "6", Severity::ok, "6"},
          {"milter_protocol", "2", Severity::warning, "needs version 6"},
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
          {"smtpd_milters", "inet:127.0.0.1:8891", Severity::ok, "once"},
          {"smtpd_milters", "inet:localhost:8891", Severity::ok, "once"},
          {"smtpd_milters", "{ inet:[::1]:8891, default_action=accept } unix:other", Severity::ok,
           "once"},
          {"smtpd_milters", "inet:127.0.0.1:8891, inet:localhost:8891", Severity::warning, "twice"},
          {"smtpd_milters", "inet:127.0.0.1:8892", Severity::warning, "does not name Postern"},
          {"non_smtpd_milters", "", Severity::info, "does not name Postern"},
      }));
  Facts facts = healthy_facts();
  facts.postfix->values[name] = value;
  check_finding(about(facts, name), severity, part);
}

TEST_CASE("check_postfix: what main.cf leaves to the default is said", "[doctor]") {
  Facts facts = healthy_facts();
  facts.postfix->explicit_values.erase("milter_default_action");
  const Finding finding = about(facts, "milter_default_action");
  check_finding(finding, Severity::info, "takes tempfail");
  CHECK(finding.remedy.find("postconf -e 'milter_default_action=tempfail'") == 0);
}

TEST_CASE("check_postfix: a Postfix that does not know the parameter", "[doctor]") {
  Facts facts = healthy_facts();
  facts.postfix->values.erase("smtpd_forbid_bare_newline");
  check_finding(about(facts, "smtpd_forbid_bare_newline"), Severity::warning, "too old");
}

TEST_CASE("check_postfix: a socket below the chroot is ours", "[doctor]") {
  const auto [chroot, written, severity] = GENERATE(table<bool, std::string, Severity>({
      {true, "unix:/postern/milter.sock", Severity::ok},
      {true, "unix:postern/milter.sock", Severity::ok},
      {true, "unix:/var/spool/postfix/postern/milter.sock", Severity::warning},
      {false, "unix:/var/spool/postfix/postern/milter.sock", Severity::ok},
      {false, "unix:postern/milter.sock", Severity::ok},
      {false, "unix:/postern/milter.sock", Severity::warning},
  }));
  Facts facts = healthy_facts();
  facts.config->milter_socket = "unix:/var/spool/postfix/postern/milter.sock";
  facts.postfix->values["smtpd_milters"] = written;
  facts.postfix->services =
      parse_master(std::string("smtp inet n - ") + (chroot ? "y" : "n") + " - - smtpd\n", "");
  const Finding finding = about(facts, "smtpd_milters");
  check_finding(finding, severity, "");
  if (severity == Severity::warning) {
    const std::string wanted =
        chroot ? "unix:/postern/milter.sock" : "unix:/var/spool/postfix/postern/milter.sock";
    CHECK(finding.remedy.find(wanted) != std::string::npos);
  }
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
