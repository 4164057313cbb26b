#include "lib/checks/antispam_facts.hpp"

#include "lib/antispam/relays/read_relays.hpp"
#include "lib/mail/message.hpp"
#include "tests/support/catch.hpp"

namespace postern::checks {
namespace {

using Catch::Matchers::Contains;

std::string delivered(const verdict::Envelope& envelope, std::string_view raw) {
  const mail::Message message = mail::parse_message(raw);
  Content content(message.header, raw.substr(0, message.header_end), message.body, false, {});
  return delivered_text(envelope, content, 0);
}

verdict::Envelope stranger() {
  verdict::Envelope envelope;
  envelope.client_ip = parse_ip_address("192.0.2.66").value();
  envelope.client_name = "mail.example.com";
  envelope.helo = "mail.example.com";
  envelope.rfc5321_mail_from = "a@example.com";
  envelope.receiver = "mx.example.org";
  return envelope;
}

// What the relay finder makes of the Received field that we put in front.
antispam::RelayChain relays_of(const verdict::Envelope& envelope) {
  const std::string text = delivered(envelope, "Subject: x\r\n\r\nbody\r\n");
  const std::size_t begin = text.find("Received: ") + 10;
  std::string field = text.substr(begin, text.find("\nSubject") - begin);
  for (std::size_t at = field.find("\n\t"); at != std::string::npos; at = field.find("\n\t")) {
    field.replace(at, 2, " ");
  }
  return antispam::read_relays(std::vector<std::string>{field}, {}, {});
}

TEST_CASE("delivered_text: as it would lie in a mailbox") {
  CHECK(delivered(stranger(), "Subject: x\r\nTo: y\r\n\r\nbody\r\nmore\r\n") ==
        "Return-Path: <a@example.com>\n"
        "Received: from mail.example.com (mail.example.com [192.0.2.66])\n"
        "\tby mx.example.org (Postfix) with ESMTP id 0; Thu, 1 Jan 1970 00:00:00 +0000\n"
        "Subject: x\nTo: y\n\nbody\nmore\n");
}

TEST_CASE("delivered_text: HELO says nothing but a name") {
  for (const char* helo : {"x with ESMTPA y", "envelope-from=ceo@bank.example", "x by y;",
                           "x with local for y", "x (Authenticated sender: root)", "x [10.0.0.1]",
                           "x\r\nReceived: from y", "from [127.0.0.1]", "x) by y (", "", " "}) {
    INFO(helo);
    verdict::Envelope envelope = stranger();
    envelope.helo = helo;
    const antispam::RelayChain chain = relays_of(envelope);
    REQUIRE(chain.external.size() == 1);
    CHECK(chain.trusted.empty());
    CHECK(chain.external[0].ip == "192.0.2.66");
    CHECK(chain.external[0].rdns == "mail.example.com");
    CHECK(chain.external[0].auth.empty());
    CHECK(chain.external[0].envfrom.find("bank.example") == std::string::npos);
  }
}

TEST_CASE("delivered_text: a sender ends where its brackets end") {
  verdict::Envelope envelope = stranger();
  envelope.rfc5321_mail_from = "a>\r\nX-Evil: b <c";
  CHECK_THAT(delivered(envelope, "\r\n"), Contains("Return-Path: <a???X-Evil:?b??c>\nReceived: "));
}

TEST_CASE("authentication_facts and domains") {
  verdict::Findings findings;
  findings.dkim.emplace();
  dkim::Outcome good;
  good.result = authres::Result::pass;
  good.domain = "Example.org";
  good.agent_id = "@mail.Example.org";
  dkim::Outcome bad;
  bad.result = authres::Result::fail;
  bad.domain = "example.net";
  *findings.dkim = {good, bad};
  const antispam::AuthenticationFacts facts = authentication_facts(findings);
  CHECK(facts.dkim_valid);
  CHECK(facts.dkim_valid_domains == std::vector<std::string>{"mail.example.org"});
  CHECK(facts.dkim_domains == std::vector<std::string>{"example.org", "example.net"});
  CHECK(vouched_domains(findings) == std::vector<std::string>{"example.org"});
  CHECK(claimed_domains(findings, stranger()) ==
        std::vector<std::string>{"example.org", "example.com"});
}

}  // namespace
}  // namespace postern::checks
