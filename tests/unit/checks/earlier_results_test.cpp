#include "lib/checks/earlier_results.hpp"

#include "lib/checks/antispam_facts.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/report/header_fields.hpp"
#include "tests/support/catch.hpp"

namespace postern::checks {
namespace {

using authres::Result;

const std::string verdict_field = "X-Postern-Verdict: action=accept; spf=pass\n";
const std::string received =
    "Received: from a.example (a.example [192.0.2.1])\n\tby mx.example.org (Postfix) with ESMTP id "
    "1; Thu, 1 Jan 1970 00:00:00 +0000\n";
const std::string letter = "From: a@author.example\nSubject: x\n\nbody\n";

std::string results_field(const std::string& results) {
  return "Authentication-Results: mx.example.org;\n\t" + results + "\n";
}

EarlierResults read(const std::string& message) {
  return earlier_results(message, "mx.example.org", io::to_ascii_domain);
}

TEST_CASE("earlier_results: what the milter has written is found again", "[checks]") {
  report::Verdict verdict;
  verdict::Findings& findings = verdict.findings;
  findings.spf.emplace();
  findings.spf->result = Result::pass;
  findings.spf->domain = "author.example";
  findings.dkim.emplace(2);
  (*findings.dkim)[0].result = Result::pass;
  (*findings.dkim)[0].domain = "author.example";
  (*findings.dkim)[0].agent_id = "@mail.author.example";
  (*findings.dkim)[1].result = Result::fail;
  (*findings.dkim)[1].domain = "list.example";
  findings.arc.emplace();
  findings.dmarc.emplace();
  findings.dmarc->result = Result::fail;
  findings.dmarc->policy = dmarc::Policy::quarantine;
  findings.dmarc->author_domain = "author.example";
  verdict::Envelope envelope;
  envelope.rfc5321_mail_from = "(p=none@author.example";
  std::string top;
  for (const auto& field :
       report::header_fields(verdict, envelope, "mx.example.org", disposition::Enforcement())) {
    top += field.name + ": " + field.body + "\n";
  }
  const EarlierResults found = read(top + received + letter);
  REQUIRE(found.is_ours);
  CHECK(found.envelope.rfc5321_mail_from == envelope.rfc5321_mail_from);
  CHECK(vouched_domains(found.findings) == vouched_domains(findings));
  findings.spf_helo.emplace();
  const auto facts = authentication_facts(found.findings);
  const auto wanted = authentication_facts(findings);
  CHECK(facts.spf_mfrom == wanted.spf_mfrom);
  CHECK(facts.spf_helo == wanted.spf_helo);
  CHECK(facts.dkim_domains == wanted.dkim_domains);
  CHECK(facts.dkim_valid_domains == wanted.dkim_valid_domains);
  CHECK(facts.dkim_valid_signers == wanted.dkim_valid_signers);
  CHECK(facts.dmarc == "fail");
  CHECK(facts.dmarc_policy == "quarantine");
  CHECK(facts.arc == "none");
}

TEST_CASE("earlier_results: of the null sender it is that of HELO", "[checks]") {
  const EarlierResults found = read(results_field("spf=pass smtp.helo=mail.author.example") +
                                    verdict_field + received + letter);
  REQUIRE(found.findings.spf);
  CHECK(found.findings.spf->result == Result::pass);
  CHECK(found.findings.spf->domain == "mail.author.example");
}

TEST_CASE("earlier_results: what strangers have written is not believed", "[checks][security]") {
  const std::string pass = results_field("dkim=pass header.d=bank.example");
  const std::string others =
      "Authentication-Results: mx.example.net; dkim=pass header.d=b.example\n";
  const auto message = GENERATE_COPY(
      as<std::string>{}, "", pass, pass + verdict_field, received + pass + verdict_field,
      received + pass + verdict_field + received, pass + received,
      others + verdict_field + received,
      received + "Received: from x by y with LMTP id 1\n" + pass + verdict_field + received,
      "Authentication-Results: (broken\n" + verdict_field + received);
  const EarlierResults found = read(message + letter);
  CHECK_FALSE(found.is_ours);
  CHECK_FALSE(found.findings.dkim);
  REQUIRE(found.findings.authors);
  CHECK(found.findings.authors->domains == std::vector<std::string>{"author.example"});
}

TEST_CASE("earlier_results: a delivery by LMTP puts a Received field on top", "[checks]") {
  const EarlierResults found = read(
      "Return-Path: <b@author.example>\nReceived: from mx.example.org\n\tby mail.example.org "
      "with LMTP id 2; Thu, 1 Jan 1970 00:00:00 +0000\n" +
      results_field("dkim=none;\n\tdmarc=none header.from=author.example") + verdict_field +
      received + letter);
  REQUIRE(found.is_ours);
  CHECK(found.envelope.rfc5321_mail_from == "b@author.example");
  REQUIRE(found.findings.dkim);
  CHECK(found.findings.dkim->empty());
  CHECK(found.findings.dmarc->result == Result::none);
}

}  // namespace
}  // namespace postern::checks
