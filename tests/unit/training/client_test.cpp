#include "lib/training/client.hpp"

#include "tests/support/catch.hpp"

namespace postern::training {
namespace {

const std::string lmtp =
    "Return-Path: <ann@author.example>\r\nDelivered-To: alice@example.org\r\n"
    "Received: from mx.example.org ([127.0.0.1])\r\n\tby imap.example.org with LMTP\r\n\tid 1\r\n"
    "\t(envelope-from <ann@author.example>)\r\n\tfor <alice@example.org>; Sun, 29 Nov 2026 "
    "12:00:00 +0000\r\n";
const std::string ours =
    "Authentication-Results: mx.example.org;\r\n\tspf=pass "
    "smtp.mailfrom=ann@mail.author.example;\r\n"
    "\tdmarc=pass header.from=author.example\r\n"
    "X-Postern-Verdict: action=accept\r\n";
std::string received(const std::string& with = "ESMTPS", const std::string& ip = "1.2.3.4",
                     const std::string& by = "mx.example.org") {
  return "Received: from mail.author.example (mail.author.example [" + ip + "])\r\n\tby " + by +
         " (Postfix) with " + with +
         " id 4F\r\n\tfor <alice@example.org>; Sun, 29 Nov 2026 "
         "12:00:00 +0000 (UTC)\r\n";
}
const std::string rest =
    "Received: from pc ([10.0.0.1]) by mail.author.example with ESMTP\r\n"
    "From: ann@author.example\r\nSubject: x\r\n\r\nbody\r\n";

OwnMarks marks() {
  return {"mx.example.org", {"mx.example.org"}, {*parse_ip_network("9.9.9.0/24")}};
}

Event event(Source source = Source::move) {
  Event event;
  event.source = source;
  event.hash = std::string(64, 'a');
  return event;
}

TEST_CASE("client_event: the client that our MTA names below our verdict", "[training]") {
  const auto found = client_event(event(), lmtp + ours + received() + rest, marks());
  REQUIRE(found);
  CHECK(found->kind == reputation::EventKind::user_spam);
  CHECK(found->client.text() == "1.2.3.4");
  CHECK(found->helo == "mail.author.example");
  CHECK(found->domain == "author.example");
  CHECK(found->id == "train-" + std::string(64, 'a'));
  CHECK(reputation::parse_event(reputation::format(*found)) == *found);
}

TEST_CASE("client_event: ham when it left Junk; without proof no domain", "[training]") {
  Event ham = event(Source::keyword);
  ham.kind = Kind::ham;
  const std::string failed =
      "Authentication-Results: mx.example.org; spf=fail smtp.mailfrom=a@b.example\r\n"
      "X-Postern-Verdict: action=accept\r\n";
  const auto found = client_event(ham, lmtp + failed + received() + rest, marks());
  REQUIRE(found);
  CHECK(found->kind == reputation::EventKind::user_ham);
  CHECK(found->domain.empty());
}

TEST_CASE("client_event: results of others prove nothing", "[training][security]") {
  const std::string others =
      "X-Postern-Verdict: action=accept\r\n"
      "Authentication-Results: evil.example; dmarc=pass header.from=bank.example\r\n";
  const auto found = client_event(event(), lmtp + others + received() + rest, marks());
  REQUIRE(found);
  CHECK(found->domain.empty());
}

TEST_CASE("client_event: nobody, where the client is not told for sure", "[training][security]") {
  // What the milter has not seen: its field is missing, or came with the message.
  CHECK_FALSE(client_event(event(), lmtp + received() + rest, marks()));
  CHECK_FALSE(client_event(event(), lmtp + received() + ours + received() + rest, marks()));
  CHECK_FALSE(
      client_event(event(), received("ESMTP", "5.6.7.8") + ours + received() + rest, marks()));
  CHECK_FALSE(client_event(event(), ours + rest, marks()));
  CHECK_FALSE(client_event(event(), "", marks()));
  // Our own users and machines.
  CHECK_FALSE(client_event(event(), lmtp + ours + received("ESMTPSA") + rest, marks()));
  CHECK_FALSE(client_event(event(), lmtp + ours + received("ESMTPA") + rest, marks()));
  CHECK_FALSE(client_event(event(), lmtp + ours + received("ESMTP", "127.0.0.1") + rest, marks()));
  CHECK_FALSE(client_event(event(), lmtp + ours + received("ESMTP", "10.1.1.1") + rest, marks()));
  CHECK_FALSE(client_event(event(), lmtp + ours + received("ESMTP", "9.9.9.9") + rest, marks()));
  // An MTA that is not ours.
  CHECK_FALSE(client_event(
      event(), lmtp + ours + received("ESMTP", "1.2.3.4", "mx.evil.example") + rest, marks()));
}

TEST_CASE("client_event: what a user wrote into the mailbox says nothing of a client",
          "[training][security]") {
  const std::string message = lmtp + ours + received() + rest;
  CHECK_FALSE(client_event(event(Source::append), message, marks()));
  CHECK_FALSE(client_event(event(Source::command), message, marks()));
  CHECK(client_event(event(Source::copy), message, marks()));
}

}  // namespace
}  // namespace postern::training
