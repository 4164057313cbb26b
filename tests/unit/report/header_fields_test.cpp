#include "lib/report/header_fields.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "lib/base/ascii.hpp"
#include "lib/report/json.hpp"
#include "tests/support/catch.hpp"

namespace postern::report {
namespace {

using authres::Result;
using disposition::Mode;

spf::Outcome spf_outcome(Result result, spf::Scope scope) {
  spf::Outcome outcome;
  outcome.result = result;
  outcome.scope = scope;
  return outcome;
}

Verdict sample() {
  Verdict verdict;
  verdict.findings.spf = spf_outcome(Result::pass, spf::Scope::mfrom);
  verdict.findings.spf_helo = spf_outcome(Result::none, spf::Scope::helo);
  verdict.findings.dkim.emplace(1);
  auto& signature = verdict.findings.dkim->front();
  signature.result = Result::pass;
  signature.domain = "author.example";
  signature.selector = "s1";
  signature.algorithm = "rsa-sha256";
  signature.signature_prefix = "AbCdEfGh";
  verdict.findings.arc.emplace();
  verdict.findings.dmarc.emplace();
  verdict.findings.dmarc->result = Result::pass;
  verdict.findings.dmarc->policy = dmarc::Policy::reject;
  verdict.findings.dmarc->author_domain = "author.example";
  return verdict;
}

verdict::Envelope envelope(const std::string& mail_from) {
  verdict::Envelope envelope;
  envelope.helo = "mail.author.example";
  envelope.rfc5321_mail_from = mail_from;
  return envelope;
}

std::string results_field(const Verdict& verdict, const std::string& mail_from) {
  return header_fields(verdict, envelope(mail_from), "mx.example.org", {Mode::enforce, {}})
      .front()
      .body;
}

TEST_CASE("header_fields: results of every check in one field", "[report][rfc8601-2.2]") {
  const std::string field = results_field(sample(), "a@author.example");
  CHECK(field ==
        "mx.example.org;\n"
        "\tspf=pass smtp.mailfrom=a@author.example;\n"
        "\tdkim=pass header.d=author.example header.s=s1 header.a=rsa-sha256\n"
        "\theader.b=AbCdEfGh;\n"
        "\tarc=none;\n"
        "\tdmarc=pass (p=reject) header.from=author.example");
}

TEST_CASE("header_fields: for the null sender SPF names HELO", "[report][rfc8601-2.7.2]") {
  CHECK(results_field(sample(), "").find("spf=none smtp.helo=mail.author.example") !=
        std::string::npos);
  CHECK(results_field(sample(), "").find("smtp.mailfrom") == std::string::npos);
}

TEST_CASE("header_fields: nothing a peer sent adds a result or a line",
          "[report][security][AR-05]") {
  Verdict verdict = sample();
  verdict.decision.reason = "x\"; action=accept\r\nX-Evil: 1";
  const std::string hostile = "a b@c;dkim=pass header.d=legit.example\r\nX-Evil: 1\n\tq";
  for (const NewField& field :
       header_fields(verdict, envelope(hostile), "mx.example.org", {Mode::observe, {}})) {
    INFO(field.body);
    CHECK(field.body.find("\nX-Evil") == std::string::npos);
    CHECK(std::all_of(field.body.begin(), field.body.end(),
                      [](char c) { return ascii::is_printable(c) || c == '\n' || c == '\t'; }));
    const bool only_folds =
        std::adjacent_find(field.body.begin(), field.body.end(), [](char a, char b) {
          return a == '\n' && b != '\t';
        }) == field.body.end();
    CHECK(only_folds);
  }
}

TEST_CASE("header_fields: observe mode shows what it would do, limits and overrides show",
          "[report]") {
  Verdict verdict = sample();
  verdict.decision.wanted = disposition::Action::reject;
  verdict.decision.reason = "dmarc=fail";
  verdict.findings.limits = {"mime.depth"};
  const auto fields =
      header_fields(verdict, envelope("a@b.example"), "mx.example.org", {Mode::observe, {}});
  CHECK(fields.back().name == "X-Postern-Verdict");
  CHECK(fields.back().body ==
        "action=accept; observed=reject; spf=pass; dkim=pass; arc=none; "
        "dmarc=pass;\n\treason=\"dmarc=fail\";\n\tlimit=mime.depth");
}

std::string verdict_of(antivirus::Outcome outcome) {
  Verdict verdict = sample();
  verdict.findings.antivirus.emplace();
  verdict.findings.antivirus->outcomes = {{}, std::move(outcome)};
  return header_fields(verdict, envelope(""), "mx.example.org", {Mode::enforce, {}}).back().body;
}

TEST_CASE("header_fields: a virus is a name in quotes, everything else a word",
          "[report][antivirus]") {
  using Scan = antivirus::Result;
  const auto [outcome, statement] = GENERATE(table<antivirus::Outcome, std::string>({
      {{Scan::clean, ""}, "virus=clean"},
      {{Scan::unscannable, "over a limit"}, "virus=unscannable"},
      {{Scan::temperror, "connection refused"}, "virus=temperror"},
      {{Scan::infected, "Eicar-Test"}, "virus=\"Eicar-Test\""},
      {{Scan::infected, "clean"}, "virus=\"infected clean\""},
      {{Scan::infected, ""}, "virus=\"infected \""},
      {{Scan::infected, "a\"; virus=clean\r\nX: 1"}, "virus=\"a?; virus=clean??X: 1\""},
  }));
  CHECK(verdict_of(outcome) ==
        "action=accept; spf=pass; dkim=pass; arc=none; dmarc=pass;\n\t" + statement);
}

TEST_CASE("header_fields: a message over its budget is neither spam nor ham",
          "[report][antispam]") {
  Verdict verdict = sample();
  verdict.findings.antispam.emplace();
  antispam::Outcome& outcome = *verdict.findings.antispam;
  outcome.result = antispam::Outcome::Result::temperror;
  outcome.score = 3.001;
  outcome.hits = {{"A_RULE", 3}, {"TIME_LIMIT_EXCEEDED", 0.001}};
  const auto body = [&] {
    return header_fields(verdict, envelope(""), "mx.example.org", {Mode::enforce, {}})[1].body;
  };
  CHECK(body().ends_with("; spam=temperror"));
  outcome.over_budget = true;
  verdict.findings.limits = {"antispam.budget"};
  CHECK(
      body().ends_with("; spam=temperror; score=3.0;\n\tsymbol=A_RULE;"
                       "\n\tsymbol=TIME_LIMIT_EXCEEDED;\n\tlimit=antispam.budget"));
}

TEST_CASE("header_fields: the gravest finding about attachments", "[report][attachments]") {
  using attachments::Kind;
  Verdict verdict = sample();
  verdict.findings.attachments.emplace();
  const auto body = [&] {
    return header_fields(verdict, envelope(""), "mx.example.org", {Mode::enforce, {}}).back().body;
  };
  CHECK(body().ends_with(";\n\tattachments=ok"));
  verdict.findings.attachments->findings = {{Kind::unread, "rar", false, 1, "secret plan.rar"},
                                            {Kind::executable, "pe", true, 1, "secret plan.exe"}};
  CHECK(body().ends_with(";\n\tattachments=executable"));
  const nlohmann::ordered_json json = to_json(verdict)["attachments"];
  REQUIRE(json.size() == 2);
  CHECK(json[1]["kind"] == "executable");
  CHECK(json[1]["what"] == "pe");
  CHECK(json[1]["path"] == "secret plan.exe");
}

TEST_CASE("to_json: the contract of postern check", "[report]") {
  const nlohmann::ordered_json json = to_json(sample());
  CHECK(json["spf"]["result"] == "pass");
  CHECK(json["spf"]["scope"] == "mfrom");
  CHECK(json["dkim"][0]["selector"] == "s1");
  CHECK(json["arc"]["result"] == "none");
  CHECK(json["dmarc"]["aligned"]["spf"] == false);
  CHECK(json["action"] == "accept");
  CHECK(json["reply"] == "");
  CHECK(json["headers"].is_array());
  CHECK_FALSE(json.contains("antivirus"));
  Verdict scanned = sample();
  scanned.findings.antivirus.emplace();
  scanned.findings.antivirus->outcomes = {{}, {antivirus::Result::infected, "Eicar-Test"}};
  const nlohmann::ordered_json scan = to_json(scanned)["antivirus"];
  CHECK(scan["result"] == "infected");
  CHECK(scan["name"] == "Eicar-Test");
  CHECK(scan["objects"].size() == 2);
  Verdict odd = sample();
  odd.findings.spf->explanation = "\xff";
  CHECK(dump(to_json(odd)).find("\xef\xbf\xbd") != std::string::npos);
}

}  // namespace
}  // namespace postern::report
