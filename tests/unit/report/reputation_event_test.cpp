#include "lib/report/reputation_event.hpp"

#include "tests/support/catch.hpp"

namespace postern::report {
namespace {

using authres::Result;
using disposition::Action;
using reputation::EventKind;

verdict::Envelope envelope() {
  verdict::Envelope envelope;
  envelope.client_ip = *parse_ip_address("192.0.2.1");
  envelope.helo = "mail.author.example";
  envelope.rfc5321_mail_from = "a@author.example";
  return envelope;
}

Verdict authenticated() {
  Verdict verdict;
  verdict.findings.spf.emplace();
  verdict.findings.spf->result = Result::pass;
  verdict.findings.spf->domain = "bounce.author.example";
  verdict.findings.dmarc.emplace();
  verdict.findings.dmarc->result = Result::pass;
  verdict.findings.dmarc->author_domain = "author.example";
  return verdict;
}

Verdict spoofed(Action wanted) {
  Verdict verdict;
  verdict.findings.dmarc.emplace();
  verdict.findings.dmarc->result = Result::fail;
  verdict.findings.dmarc->author_domain = "victim.example";
  verdict.decision.wanted = wanted;
  return verdict;
}

TEST_CASE("reputation_event: a proved author is a little good, under the domain of SPF",
          "[report]") {
  const auto event = reputation_event(authenticated(), envelope(), "4Fq@mx.example.org");
  REQUIRE(event);
  CHECK(reputation::format(*event) ==
        "rep1 kind=ham ip=192.0.2.1 helo=mail.author.example domain=bounce.author.example "
        "weight=0.200 id=4Fq@mx.example.org");
  Verdict by_dkim = authenticated();
  by_dkim.findings.spf->result = Result::fail;
  CHECK(reputation_event(by_dkim, envelope(), "")->domain == "author.example");
}

TEST_CASE("reputation_event: what would be refused is bad, also when only observed", "[report]") {
  for (const Action wanted : {Action::reject, Action::quarantine}) {
    const auto event = reputation_event(spoofed(wanted), envelope(), "");
    REQUIRE(event);
    CHECK(event->kind == EventKind::spam);
    CHECK(event->weight == 1);
    CHECK(event->domain.empty());  // never that of the victim
  }
  const auto tagged = reputation_event(spoofed(Action::tag), envelope(), "");
  REQUIRE(tagged);
  CHECK(tagged->kind == EventKind::spam);
  CHECK(tagged->weight == doubtful_weight);
}

Verdict scanned(antivirus::Result result, Action wanted) {
  Verdict verdict = authenticated();
  verdict.findings.antivirus.emplace();
  verdict.findings.antivirus->outcomes = {{result, "Name"}};
  verdict.decision.wanted = wanted;
  verdict.decision.blames_sender = result == antivirus::Result::infected;
  return verdict;
}

TEST_CASE("reputation_event: a virus is no guess; what nobody can look into says nothing",
          "[report][antivirus]") {
  using Scan = antivirus::Result;
  for (const Action wanted : {Action::reject, Action::discard, Action::tag, Action::accept}) {
    const auto event = reputation_event(scanned(Scan::infected, wanted), envelope(), "");
    REQUIRE(event);
    CHECK(event->kind == EventKind::virus);
    CHECK(event->weight == 1);
  }
  CHECK_FALSE(reputation_event(scanned(Scan::infected, Action::defer), envelope(), ""));
  CHECK_FALSE(reputation_event(scanned(Scan::encrypted, Action::tag), envelope(), ""));
  CHECK_FALSE(reputation_event(scanned(Scan::unscannable, Action::quarantine), envelope(), ""));
}

TEST_CASE("reputation_event: a list that breaks signatures is bad by half", "[report]") {
  Verdict list = spoofed(Action::reject);
  list.findings.spf.emplace();
  list.findings.spf->result = Result::pass;
  list.findings.spf->domain = "list.example";
  const auto event = reputation_event(list, envelope(), "");
  REQUIRE(event);
  CHECK(event->weight == doubtful_weight);
  CHECK(event->domain == "list.example");
}

TEST_CASE("reputation_event: what shows nothing is not told", "[report]") {
  Verdict ours = authenticated();
  ours.facts.direction = disposition::Direction::submission;
  Verdict later = spoofed(Action::defer);
  Verdict forwarded = spoofed(Action::accept);
  forwarded.decision.override_reason = "trusted_forwarder: client 192.0.2.1";
  Verdict too_large = spoofed(Action::reject);
  too_large.findings.unjudged = "limits.header_size";
  for (const Verdict& verdict : {ours, later, forwarded, too_large, spoofed(Action::accept)}) {
    CHECK_FALSE(reputation_event(verdict, envelope(), ""));
  }
  verdict::Envelope unknown = envelope();
  unknown.client_ip = IpAddress();
  CHECK_FALSE(reputation_event(authenticated(), unknown, ""));
}

}  // namespace
}  // namespace postern::report
