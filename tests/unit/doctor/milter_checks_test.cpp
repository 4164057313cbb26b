// Tests of what is said of Postfix's lists of milters.
#include "lib/doctor/milter_checks.hpp"

#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

constexpr const char* our_socket = "inet:127.0.0.1:8891";

// Facts with both lists set to the same.
Facts with_milters(const std::string& value) {
  Facts facts = healthy_facts();
  for (const char* name : {"smtpd_milters", "non_smtpd_milters"}) {
    facts.postfix->values[name] = value;
  }
  return facts;
}

TEST_CASE("judge_milters: values of parameters", "[doctor]") {
  const auto [name, value, severity, part] =
      GENERATE(table<std::string, std::string, Severity, std::string>({
          {"milter_default_action", "tempfail", Severity::ok, "try again"},
          {"milter_default_action", "shutdown", Severity::ok, "try again"},
          {"milter_default_action", "accept", Severity::warning, "unjudged"},
          {"milter_default_action", "reject", Severity::error, "lost"},
          {"milter_default_action", "quarantine", Severity::warning, "hold"},
          {"milter_protocol", "6", Severity::ok, "6"},
          {"milter_protocol", "2", Severity::warning, "needs version 6"},
          {"smtpd_milters", "inet:127.0.0.1:8891", Severity::ok, "once"},
          {"smtpd_milters", "inet:localhost:8891", Severity::ok, "once"},
          {"smtpd_milters", "{ inet:[::1]:8891, default_action=accept } unix:other", Severity::ok,
           "once"},
          {"smtpd_milters", "inet:127.0.0.1:8891, inet:localhost:8891", Severity::warning,
           "more than once"},
          {"smtpd_milters", "inet:127.0.0.1:8892", Severity::warning, "does not name Postern"},
          {"non_smtpd_milters", "", Severity::info, "does not name Postern"},
          {"milter_default_action", "accpet", Severity::warning, "does not know"},
          {"milter_content_timeout", "9s", Severity::warning, "10s at least"},
          {"milter_content_timeout", "1h", Severity::warning, "senders give up"},
          {"milter_content_timeout", "soon", Severity::error, "no time"},
          {"milter_command_timeout", "0", Severity::warning, "gives up"},
          {"milter_connect_timeout", "99999999999999999999s", Severity::error, "no time"},
      }));
  Facts facts = healthy_facts();
  facts.postfix->values[name] = value;
  check_finding(about(facts, name), severity, part);
}

TEST_CASE("judge_milters: what main.cf leaves to the default is said", "[doctor]") {
  Facts facts = healthy_facts();
  facts.postfix->explicit_values.erase("milter_default_action");
  const Finding finding = about(facts, "milter_default_action");
  check_finding(finding, Severity::info, "takes tempfail");
  CHECK(finding.remedy.find("postconf -e 'milter_default_action=tempfail'") == 0);
}

TEST_CASE("judge_milters: what stands in braces counts", "[doctor]") {
  const auto [settings, subject, severity, part, remedy] =
      GENERATE(table<std::string, std::string, Severity, std::string, std::string>({
          {"default_action=accept", "smtpd_milters default_action", Severity::warning, "unjudged",
           "postconf -e 'smtpd_milters={ inet:127.0.0.1:8891, default_action=tempfail }'"},
          {"default_action=tempfail", "smtpd_milters default_action", Severity::ok, "try again",
           ""},
          {"default_action=reject", "smtpd_milters default_action", Severity::error, "lost",
           "default_action=tempfail"},
          {"default_action=acept", "smtpd_milters default_action", Severity::warning,
           "does not know", "default_action=tempfail"},
          {"{ default_action = accept }", "smtpd_milters default_action", Severity::warning,
           "unjudged", "default_action=tempfail"},
          {"default_action=accept", "milter_default_action", Severity::ok, "does not count", ""},
          {"content_timeout=5s, protocol=6", "smtpd_milters content_timeout", Severity::warning,
           "10s at least", "content_timeout=60s, protocol=6 }"},
          {"protocol=2", "smtpd_milters protocol", Severity::warning, "version 6", "protocol=6 }"},
          {"default_action = accept", "smtpd_milters", Severity::error,
           "understand (default_action, =, accept)", "'smtpd_milters=inet:127.0.0.1:8891'"},
          {"timeout=5s, protocol=6", "smtpd_milters", Severity::error, "understand (timeout)",
           "'smtpd_milters={ inet:127.0.0.1:8891, protocol=6 }'"},
      }));
  const Facts facts = with_milters(std::string("{ ") + our_socket + ", " + settings + " }");
  std::string texts;
  bool found = false;
  for (const Finding& finding : examine_zone(facts, healthy_zone(), {"postfix"})) {
    texts += finding.subject + ": " + finding.text + " -> " + finding.remedy + "\n";
    found = found || (finding.subject == subject && finding.severity == severity &&
                      finding.text.find(part) != std::string::npos &&
                      finding.remedy.find(remedy) != std::string::npos);
  }
  INFO(texts);
  CHECK(found);
}

TEST_CASE("judge_milters: other milters stay in what is proposed", "[doctor]") {
  const std::string ours = std::string("{ ") + our_socket + ", default_action=accept }";
  const Facts facts = with_milters("{ unix:other, default_action=accept }, " + ours);
  CHECK(about(facts, "smtpd_milters default_action").remedy ==
        "postconf -e 'smtpd_milters={ unix:other, default_action=accept }, "
        "{ inet:127.0.0.1:8891, default_action=tempfail }' && postfix reload");
  const Facts twice = with_milters("unix:other " + ours + " unix:more " + our_socket);
  CHECK(about(twice, "smtpd_milters").remedy ==
        "postconf -e 'smtpd_milters=unix:other, " + ours + ", unix:more' && postfix reload");
}

TEST_CASE("judge_milters: while Postern observes, accept is right", "[doctor]") {
  Facts facts = with_milters(std::string("{ ") + our_socket + ", default_action=accept }");
  facts.config->enforces = false;
  const Finding finding = about(facts, "smtpd_milters default_action");
  check_finding(finding, Severity::info, "only observes");
  CHECK(finding.remedy.find("default_action=tempfail") != std::string::npos);
}

TEST_CASE("judge_milters: Postfix must wait for scanners, too", "[doctor][antivirus]") {
  Facts facts = with_milters(std::string("{ ") + our_socket + ", content_timeout=60s }");
  facts.config->scan_budget = std::chrono::seconds(100);
  check_finding(about(facts, "smtpd_milters content_timeout"), Severity::warning, "110s at least");
}

TEST_CASE("judge_milters: one thing is said once", "[doctor]") {
  Facts facts = with_milters(std::string("{ ") + our_socket + ", default_action=accept }");
  facts.postfix->values["non_smtpd_milters"] += " unix:other";
  facts.postfix->values["milter_content_timeout"] = "1s";
  std::int64_t times = 0;
  for (const Finding& finding : examine_zone(facts, healthy_zone(), {"postfix"})) {
    times += finding.subject == "milter_content_timeout" ? 1 : 0;
  }
  CHECK(times == 1);
}

TEST_CASE("judge_milters: a socket below the chroot is ours", "[doctor]") {
  const auto [chroot, written, severity] = GENERATE(table<bool, std::string, Severity>({
      {true, "unix:/postern/milter.sock", Severity::ok},
      {true, "unix:postern/milter.sock", Severity::ok},
      {true, "unix:/var/spool/postfix/postern/milter.sock", Severity::warning},
      {false, "unix:/var/spool/postfix/postern/milter.sock", Severity::ok},
      {false, "unix:postern/milter.sock", Severity::ok},
      {false, "unix:/postern/milter.sock", Severity::warning},
  }));
  Facts facts = with_milters(written);
  facts.config->milter_socket = "unix:/var/spool/postfix/postern/milter.sock";
  facts.postfix->services =
      parse_master(std::string("smtp inet n - ") + (chroot ? "y" : "n") + " - - smtpd\n", "");
  const Finding finding = about(facts, "smtpd_milters");
  check_finding(finding, severity, "");
  if (severity == Severity::warning) {
    CHECK(finding.remedy.ends_with(", unix:postern/milter.sock' && postfix reload"));
  }
}

TEST_CASE("judge_milters: cleanup may stand outside of the chroot of smtpd", "[doctor]") {
  Facts facts = with_milters("unix:/postern/milter.sock");
  facts.config->milter_socket = "unix:/var/spool/postfix/postern/milter.sock";
  facts.postfix->services =
      parse_master("smtp inet n - y - - smtpd\ncleanup unix n - n - 0 cleanup\n", "");
  check_finding(about(facts, "smtpd_milters"), Severity::ok, "once");
  check_finding(about(facts, "non_smtpd_milters"), Severity::info, "does not name Postern");
}

TEST_CASE("judge_milters: a socket outside of the chroot cannot be reached", "[doctor]") {
  Facts facts = with_milters("unix:/run/postern/milter.sock");
  facts.config->milter_socket = "unix:/run/postern/milter.sock";
  const Finding finding = about(facts, "milter.socket");
  check_finding(finding, Severity::error, "outside of /var/spool/postfix");
  CHECK(finding.remedy.find("unix:/var/spool/postfix/postern/milter.sock") != std::string::npos);
}

TEST_CASE("judge_milters: the list of other programs follows that of smtpd", "[doctor]") {
  Facts facts = healthy_facts();
  facts.postfix->values["non_smtpd_milters"] = "";
  CHECK(about(facts, "non_smtpd_milters").remedy ==
        "postconf -e 'non_smtpd_milters=$smtpd_milters' && postfix reload");
  facts.postfix->values["smtpd_milters"] = "unix:other";
  CHECK(about(facts, "non_smtpd_milters").remedy ==
        "postconf -e 'non_smtpd_milters=$smtpd_milters' && postfix reload");
  facts.postfix->values["non_smtpd_milters"] = "unix:more";
  CHECK(about(facts, "non_smtpd_milters").remedy ==
        "postconf -e 'non_smtpd_milters=unix:more, inet:127.0.0.1:8891' && postfix reload");
}

}  // namespace
}  // namespace postern::doctor
