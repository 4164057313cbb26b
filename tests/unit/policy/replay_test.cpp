#include "lib/policy/replay.hpp"

#include <chrono>

#include "tests/support/catch.hpp"

namespace postern::policy {
namespace {

std::int64_t seconds_of(const std::optional<store::Time>& time) {
  return time ? std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count() : -1;
}

TEST_CASE("parse_log_time: the clocks of our log and of syslog", "[policy]") {
  CHECK(seconds_of(parse_log_time("2026-11-22T22:15:17.123+0000 info x", 0)) == 1795385717);
  CHECK(seconds_of(parse_log_time("2026-11-22T23:15:17.123456+01:00 host x", 0)) == 1795385717);
  CHECK(seconds_of(parse_log_time("2026-11-22T22:15:17Z host postfix", 0)) == 1795385717);
  CHECK(seconds_of(parse_log_time("Nov 22 22:15:17 host postfix/smtpd[1]: x", 2026)) == 1795385717);
  CHECK(seconds_of(parse_log_time("Nov  2 22:15:17 host postfix/smtpd[1]: x", 2026)) ==
        1795385717 - 20 * 86400);
  for (const char* line : {"", "x", "2026-13-01T00:00:00 ", "2026-11-22Tab:00:00 host",
                           "Foo 22 22:15:17 host x", "Feb 30 22:15:17 host x"}) {
    CAPTURE(line);
    CHECK_FALSE(parse_log_time(line, 2026));
  }
}

TEST_CASE("LogReader: a line of our own is the request it tells of", "[policy]") {
  LogReader reader(2026);
  const auto logged = reader.read(
      "2026-11-22T22:15:17.123+0000 info event=policy instance=a.1 state=RCPT client=192.0.2.1 "
      "client_name=mx.example.org helo=\"odd \\\"name\\\"\" sender=\"a@example.org\" "
      "recipient=u@test.example size=1000 rule=greylist action=\"DEFER_IF_PERMIT later\" ms=3");
  REQUIRE(logged);
  const Request& request = logged->request;
  CHECK(request.state == State::rcpt);
  CHECK(request.client_address == parse_ip_address("192.0.2.1").value());
  CHECK(request.client_name == "mx.example.org");
  CHECK(request.helo_name == "odd \"name\"");
  CHECK(request.rfc5321_mail_from == "a@example.org");
  CHECK(request.recipient == "u@test.example");
  CHECK(request.size == 1000);
  CHECK(logged->action == "DEFER_IF_PERMIT later");
}

TEST_CASE("LogReader: lines of Postfix, refused and accepted", "[policy]") {
  LogReader reader(2026);
  const std::string head = "Nov 22 22:15:17 host postfix/smtpd[99]: ";
  const auto refused = reader.read(
      head +
      "NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 450 4.7.1 <u@x.example>: greylisted; "
      "from=<a@b.example> to=<u@x.example> proto=ESMTP helo=<h.example>");
  REQUIRE(refused);
  CHECK(refused->request.helo_name == "h.example");
  CHECK(refused->request.client_name.empty());
  CHECK(refused->action.starts_with("450 4.7.1"));

  const std::string other = "Nov 22 22:15:18 host postfix/qmgr[98]: ";
  CHECK_FALSE(reader.read(head + "4F1: client=mx.b.example[2001:db8::1], sasl_method=PLAIN, "
                                 "sasl_username=ann"));
  CHECK_FALSE(reader.read(other + "4F1: from=<ann@b.example>, size=1, nrcpt=2 (queue active)"));
  const std::string to =
      "Nov 22 22:15:19 host postfix/lmtp[97]: 4F1: to=<one@x.example>, "
      "orig_to=<alias@x.example>, relay=x, status=sent";
  const auto accepted = reader.read(to);
  REQUIRE(accepted);
  CHECK(accepted->request.sasl_username == "ann");
  CHECK(accepted->request.recipient == "alias@x.example");
  CHECK(accepted->request.rfc5321_mail_from == "ann@b.example");
  CHECK_FALSE(reader.read(to));  // tried again: asked about once
  CHECK_FALSE(reader.read(other + "4F1: removed"));
  CHECK_FALSE(reader.read(to));
}

TEST_CASE("LogReader: other lines and broken ones say nothing", "[policy][security]") {
  LogReader reader(2026);
  for (const char* line :
       {"", "Nov 22 22:15:17 host sshd[1]: x", "Nov 22 22:15:17 host postfix/smtpd[1]: connect",
        "Nov 22 22:15:17 host postfix/smtpd[1]: A: client=nobody",
        "Nov 22 22:15:17 host postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[y]: 450 ;",
        "event=policy state=RCPT"}) {
    CAPTURE(line);
    CHECK_FALSE(reader.read(line));
  }
}

}  // namespace
}  // namespace postern::policy
