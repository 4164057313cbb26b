#include "lib/antispam/relays/parse_received.hpp"

#include <string>

#include "lib/antispam/relays/read_relays.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using received::ReceivedLine;

ReceivedLine parse(std::string_view line) {
  StepBudget budget{max_received_steps};
  return received::parse_received(line, budget);
}

struct Example {
  std::string line;
  std::string text;  ///< As SpamAssassin 4.0.1 has it in X-Spam-Relays-Untrusted.
};

// Every row was checked with SpamAssassin's parse_received_line.
TEST_CASE("parse_received: lines of mail programs", "[antispam][relays]") {
  const Example examples[] = {
      {"from mail.example.org (out.example.org [192.0.2.1]) by mx.example.net (Postfix) with ESMTP "
       "id 4F2A91; Mon, 30 Nov 2026 10:00:00 +0000",
       "[ ip=192.0.2.1 rdns=out.example.org helo=mail.example.org by=mx.example.net ident= "
       "envfrom= intl=0 id=4F2A91 auth= msa=0 ]"},
      {"from laptop (unknown [IPv6:2001:db8::25]) (Authenticated sender: ann) by mx.example.net "
       "(Postfix) with ESMTPSA id 4F2A92",
       "[ ip=2001:db8::25 rdns= helo=laptop by=mx.example.net ident= envfrom= intl=0 id=4F2A92 "
       "auth=ESMTPSA msa=0 ]"},
      {"from [192.0.2.7] (helo=host.example ident=bob) by mx.example with smtp (Exim 4.94) id "
       "1kAbc",
       "[ ip=192.0.2.7 rdns= helo=host.example by=mx.example ident=bob envfrom= intl=0 id=1kAbc "
       "auth= msa=0 ]"},
      {"from unknown (HELO a.example) (joe@192.0.2.8) by b.example with SMTP; 30 Nov 2026 10:00:00 "
       "-0000",
       "[ ip=192.0.2.8 rdns= helo=a.example by=b.example ident=joe envfrom= intl=0 id= auth= msa=0 "
       "]"},
      {"from PC ([192.0.2.10]) by srv.example with Microsoft SMTPSVC(6.0.3790.0)",
       "[ ip=192.0.2.10 rdns= helo=PC by=srv.example ident= envfrom= intl=0 id= auth= msa=0 ]"},
  };
  for (const Example& example : examples) {
    INFO(example.line);
    const ReceivedLine line = parse(example.line);
    REQUIRE(line.kind == ReceivedLine::Kind::relay);
    CHECK(line.relay.text() == example.text);
  }
}

TEST_CASE("parse_received: what is no hop between hosts", "[antispam][relays]") {
  using Kind = ReceivedLine::Kind;
  CHECK(parse("by mx.example (Postfix, from userid 0) id 1").kind == Kind::skipped);
  CHECK(parse("from ann by mx.example with local (Exim 4.94) id 1k").kind == Kind::skipped);
  CHECK(parse("from localhost (localhost [[UNIX: localhost]]) by a.example").kind == Kind::skipped);
  CHECK(parse("from pop.example (192.0.2.1) by h with POP3").kind == Kind::fetched);
  CHECK(parse("from nothing that is known").kind == Kind::unknown);
}

TEST_CASE("parse_received: mapped addresses and octets that would break the relay text",
          "[antispam][relays]") {
  const ReceivedLine line =
      parse("from [a] (x[y] [::ffff:10.1.2.3]) by mx.example (Postfix) with ESMTP id 123");
  CHECK(line.relay.ip == "10.1.2.3");
  CHECK(line.relay.is_private);
  CHECK(line.relay.helo == "!a!");
  CHECK(line.relay.rdns == "x!y!");
}

TEST_CASE("parse_received: a budget that is used up", "[antispam][relays][security]") {
  StepBudget budget{50};
  const ReceivedLine line = received::parse_received(
      "from a.example (a.example [192.0.2.1]) by mx.example (Postfix) with ESMTP id 1234", budget);
  CHECK(line.kind == ReceivedLine::Kind::unknown);
  CHECK(budget.left == 0);
}

TEST_CASE("parse_received: lines made to be slow stay within bounds",
          "[antispam][relays][security]") {
  for (const std::string part :
       {"(a@[1.2.3.4] by ", " (authenticated", "[1.2.3.4]) ", "( (a) with "}) {
    std::string line = "from x ";
    while (line.size() < 8192) line += part;
    StepBudget budget{max_received_steps};
    (void)received::parse_received(line, budget);
    CHECK(budget.left > 0);
  }
}

}  // namespace
}  // namespace postern::antispam
