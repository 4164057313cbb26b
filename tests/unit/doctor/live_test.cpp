// Tests of the probes and of judging what became of them.
#include "lib/doctor/live.hpp"

#include "tests/unit/doctor/examine.hpp"

namespace postern::doctor {
namespace {

using Header = Observed<std::string>;

ProbeResult result_of(Probe probe, unsigned code, Header header) {
  ProbeResult result;
  result.probe = probe;
  result.domain = "example.org";
  result.code = code;
  result.reply = "5.7.1 text";
  result.header = std::move(header);
  return result;
}

TEST_CASE("make_probe: a whole message", "[doctor]") {
  const ProbeMail mail =
      make_probe(Probe::spoof, "example.org", "bob@example.org", "mark1", 1'795'378'057);
  CHECK(mail.mail_from.empty());
  CHECK(mail.message_id == "<mark1@example.org>");
  for (const char* line :
       {"From: postmaster@example.org\r\n", "To: bob@example.org\r\n",
        "Date: Sun, 22 Nov 2026 20:07:37 +0000\r\n", "Message-ID: <mark1@example.org>\r\n"}) {
    CHECK(mail.text.find(line) != mail.text.npos);
  }
  CHECK(make_probe(Probe::signed_mail, "example.org", "b@c.example", "m", 0).mail_from ==
        "postmaster@example.org");
}

TEST_CASE("judge_probe: mail of ours", "[doctor]") {
  const auto [code, header, severity, part] =
      GENERATE(table<unsigned, Header, Severity, std::string>({
          {250, Header("DKIM-Signature: v=1; d=Example.org; s=a\r\n\r\n"), Severity::ok, "signed"},
          {250, Header("DKIM-Signature: v=1; d=example.net; s=a\n\n"), Severity::warning,
           "without a signature"},
          {250, Header("Subject: x\n\n"), Severity::warning, "without a signature"},
          {250, not_observed<std::string>("no mailbox"), Severity::skipped, "no mailbox"},
          {550, Header(""), Severity::error, "refused"},
          {451, Header(""), Severity::error, "refused"},
      }));
  check_finding(judge_probe(result_of(Probe::signed_mail, code, header), "mx"), severity, part);
}

TEST_CASE("judge_probe: a spoof", "[doctor]") {
  const auto [code, header, severity, part] =
      GENERATE(table<unsigned, Header, Severity, std::string>({
          {550, Header(""), Severity::ok, "550 5.7.1 text"},
          {451, Header(""), Severity::info, "put off"},
          {250, not_observed<std::string>("no mailbox"), Severity::info, "no mailbox"},
          {250, Header("Authentication-Results: mx; dmarc=fail header.from=example.org\n\n"),
           Severity::info, "dmarc=fail"},
          {250, Header("Authentication-Results: mx; dmarc=pass header.from=example.org\n\n"),
           Severity::error, "dmarc=pass"},
          {250, Header("Authentication-Results: other; dmarc=fail\n\n"), Severity::error,
           "nothing says"},
      }));
  check_finding(judge_probe(result_of(Probe::spoof, code, header), "mx"), severity, part);
}

TEST_CASE("judge_probe: not sent, broken off", "[doctor]") {
  ProbeResult result;
  result.not_sent = "not on";
  check_finding(judge_probe(result, "mx"), Severity::skipped, "not on");
  result.not_sent.clear();
  result.broken = "connection refused";
  check_finding(judge_probe(result, "mx"), Severity::error, "connection refused");
}

TEST_CASE("judge_lesson: learned, not learned, not tried, broken off", "[doctor]") {
  LessonResult result;
  result.user = "alice";
  result.mailbox = "Spam\x1b[31m";
  check_finding(judge_lesson(result), Severity::error, "was not learned for alice");
  CHECK(judge_lesson(result).text.find('\x1b') == std::string::npos);
  result.learned_after = std::chrono::milliseconds(12);
  check_finding(judge_lesson(result), Severity::ok, "was learned within 12 ms");
  result.broken = "login is refused";
  check_finding(judge_lesson(result), Severity::error, "login is refused");
  result.not_tried = "no mailbox";
  check_finding(judge_lesson(result), Severity::skipped, "no mailbox");
}

}  // namespace
}  // namespace postern::doctor
