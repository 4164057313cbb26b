// Which fields of a message are ours, and what they say.
#include "lib/report/verdict_field.hpp"

#include "lib/report/header_fields.hpp"
#include "tests/support/catch.hpp"

namespace postern::report {
namespace {

using Values = std::vector<std::string>;

const std::string ours = "Received: from x (x [192.0.2.1]) by mx.example.org with ESMTP id 1\r\n";
const std::string delivery = "Received: from mx by host with LMTP id 2\r\n";
const std::string rest = "From: a@b.example\r\n\r\nX-Postern-Verdict: action=body\r\n";

TEST_CASE("own_verdict: above the Received field of our MTA, below deliveries", "[report]") {
  const std::string verdict = "X-Postern-Verdict: action=tag;\r\n\treason=\"a; b\"\r\n";
  CHECK(own_verdict(verdict + ours + rest) == "action=tag;\treason=\"a; b\"");
  CHECK(own_verdict("Return-Path: <a@b.example>\r\nDelivered-To: c\r\n" + delivery + verdict +
                    ours + rest)
            .has_value());
  CHECK(own_verdict(delivery + delivery + "x-POSTERN-verdict:action=tag\n" + ours + rest) ==
        "action=tag");
}

TEST_CASE("own_verdict: what strangers write is not ours", "[report][security][DOV-07]") {
  const std::string forged = "X-Postern-Verdict: action=accept; spam=no\r\n";
  CHECK_FALSE(own_verdict(ours + forged + rest));
  CHECK_FALSE(own_verdict(delivery + ours + forged + ours + rest));
  CHECK_FALSE(own_verdict(delivery + ours + delivery + forged + ours + rest));
  CHECK_FALSE(own_verdict(forged + rest));  // no MTA has seen it: a message that a user made
  CHECK_FALSE(own_verdict(rest));
  CHECK_FALSE(own_verdict(""));
  // Of two the upper one counts, which is ours.
  CHECK(own_verdict("X-Postern-Verdict: action=tag\r\n" + forged + ours + rest) == "action=tag");
}

TEST_CASE("values_of: names and values, quoted or not, several of a name", "[report]") {
  const std::string verdict =
      "action=tag; score=-2.5;\treason=\"x; symbol=FORGED\"; symbol=A; symbol = B ;symbol=\"C D\"; "
      "spam";
  CHECK(values_of(verdict, "action") == Values{"tag"});
  CHECK(values_of(verdict, "symbol") == Values{"A", "B", "C D"});
  CHECK(values_of(verdict, "score") == Values{"0"});
  CHECK(values_of("score=12.5", "score") == Values{"12.5"});
  CHECK(values_of(verdict, "spam").empty());
  CHECK(values_of(verdict, "").empty());
  CHECK(values_of("a=\"; action=b", "action").empty());  // a quote that does not end
}

TEST_CASE("is_aspect: what users may ask for", "[report]") {
  for (const char* name : {"action", "score", "spam", "virus", "attachments", "spf", "dkim",
                           "dmarc", "arc", "symbol"}) {
    CHECK(is_aspect(name));
  }
  CHECK_FALSE(is_aspect("reason"));
  CHECK_FALSE(is_aspect("Action"));
}

TEST_CASE("values_of: reads what header_fields writes", "[report]") {
  Verdict verdict;
  verdict.findings.spf.emplace().result = authres::Result::softfail;
  verdict.findings.dkim.emplace(2);
  verdict.findings.dkim->front().result = authres::Result::fail;
  verdict.findings.dkim->back().result = authres::Result::pass;
  verdict.findings.arc.emplace();
  verdict.findings.dmarc.emplace().result = authres::Result::pass;
  verdict.decision.reason = "because; dmarc=fail";
  const auto fields =
      header_fields(verdict, {}, "mx.example.org", {disposition::Mode::enforce, {}});
  const std::string text = fields.back().name + ": " + fields.back().body + "\n" + ours + rest;
  const auto read = own_verdict(text);
  REQUIRE(read);
  CHECK(values_of(*read, "action") == Values{"accept"});
  CHECK(values_of(*read, "spf") == Values{"softfail"});
  CHECK(values_of(*read, "dkim") == Values{"pass"});
  CHECK(values_of(*read, "arc") == Values{"none"});
  CHECK(values_of(*read, "dmarc") == Values{"pass"});
}

}  // namespace
}  // namespace postern::report
