#include "lib/checks/transaction.hpp"

#include "lib/dns/zone.hpp"
#include "lib/io/idn2/to_ascii_domain.hpp"
#include "lib/io/idn2/to_unicode_label.hpp"
#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/catch.hpp"

namespace postern::checks {
namespace {

using disposition::Action;
using disposition::Direction;

constexpr std::string_view zone_text = R"({
  "author.example.org": {"TXT": [["v=spf1 ip4:192.0.2.1 -all"]], "A": ["192.0.2.1"]},
  "_dmarc.author.example.org": {"TXT": [["v=DMARC1; p=reject"]]},
  "xn--mnchen-3ya.example.org": {"TXT": [["v=spf1 ip4:192.0.2.1 -all"]]},
  "other.example.net": {"TXT": [["v=spf1 ip4:192.0.2.66 -all"]]}})";

// A message goes through all stages; questions are answered from the zone as they come.
class Trial {
 public:
  explicit Trial(const std::string& config_text = "", Direction direction = Direction::inbound,
                 const std::string& mail_from = "a@author.example.org",
                 const std::string& ip = "192.0.2.1")
      : transaction(load_configuration(
                        config::parse_document("mode = \"enforce\"\n" + config_text, "t").value(),
                        "mx.example.org")
                        .value(),
                    services_, envelope(mail_from, ip), direction) {}

  report::Verdict finish(const std::string& body = "Hello\r\n") {
    first_questions = transaction.advance(Stage::mail, answers_, 0);
    (void)transaction.advance(Stage::header, answers_, 0);
    transaction.add_body(body);
    while (true) {
      const dns::Questions missing = transaction.advance(Stage::body, answers_, 0);
      if (missing.empty()) return transaction.verdict();
      for (const dns::Question& question : missing) answers_.add(question, zone_.lookup(question));
    }
  }

 private:
  static verdict::Envelope envelope(const std::string& mail_from, const std::string& ip) {
    verdict::Envelope envelope;
    envelope.client_ip = parse_ip_address(ip).value();
    envelope.helo = "mail.author.example.org";
    envelope.rfc5321_mail_from = mail_from;
    envelope.receiver = "mx.example.org";
    return envelope;
  }

  io::OpensslCrypto crypto_;
  Services services_{&crypto_, io::to_ascii_domain, io::to_unicode_label};
  dns::Zone zone_ = dns::parse_zone(zone_text).value();
  dns::Answers answers_;

 public:
  Transaction transaction;
  dns::Questions first_questions;
};

TEST_CASE("Transaction: an aligned message passes, and its questions start at MAIL", "[checks]") {
  Trial trial;
  trial.transaction.add_header_field("From", " A <a@author.example.org>");
  const report::Verdict verdict = trial.finish();
  CHECK(verdict.findings.spf->result == authres::Result::pass);
  CHECK(verdict.findings.dmarc->result == authres::Result::pass);
  CHECK(verdict.decision.action == Action::accept);
  REQUIRE_FALSE(trial.first_questions.empty());
  CHECK(std::count(trial.first_questions.begin(), trial.first_questions.end(),
                   dns::Question{"author.example.org", dns::Type::txt}) == 1);
}

TEST_CASE("Transaction: a spoofed author is rejected", "[checks]") {
  Trial trial("", Direction::inbound, "x@other.example.net", "192.0.2.66");
  trial.transaction.add_header_field("From", " a@author.example.org");
  CHECK(trial.finish().decision.action == Action::reject);
}

TEST_CASE("Transaction: DMARC waits for what it rests on, in whatever order DNS answers",
          "[checks]") {
  Trial trial;
  trial.transaction.add_header_field("From", " a@author.example.org");
  dns::Answers answers;
  const dns::Zone zone = dns::parse_zone(zone_text).value();
  (void)trial.transaction.advance(Stage::mail, answers, 0);
  (void)trial.transaction.advance(Stage::header, answers, 0);
  const bool policy_first = GENERATE(true, false);
  for (int round = 0; round < 50; ++round) {  // one answer a round, SPF's first or last
    dns::Questions missing = trial.transaction.advance(Stage::body, answers, 0);
    if (missing.empty()) break;
    const auto is_first = [&](const dns::Question& q) {
      return q.name.starts_with("_dmarc") == policy_first;
    };
    const auto chosen = std::find_if(missing.begin(), missing.end(), is_first);
    const dns::Question& question = chosen == missing.end() ? missing.front() : *chosen;
    answers.add(question, zone.lookup(question));
  }
  CHECK(trial.transaction.verdict().findings.dmarc->result == authres::Result::pass);
}

TEST_CASE("Transaction: an international domain of MAIL FROM is asked as A-labels",
          "[checks][rfc8616-4]") {
  Trial trial("", Direction::inbound, "x@m\xc3\xbcnchen.example.org");
  trial.transaction.add_header_field("From", " a@author.example.org");
  CHECK(trial.finish().findings.spf->result == authres::Result::pass);
}

TEST_CASE("Transaction: the null sender's SPF never feeds DMARC", "[checks][security][DM-07]") {
  Trial trial("", Direction::inbound, "", "192.0.2.1");
  trial.transaction.add_header_field("From", " a@author.example.org");
  const report::Verdict verdict = trial.finish();
  CHECK(verdict.findings.dmarc->result == authres::Result::fail);
}

TEST_CASE("Transaction: forged fields are removed from the highest index down",
          "[checks][security][AR-01]") {
  Trial trial;
  const auto add = [&](const char* name, const char* value) {
    trial.transaction.add_header_field(name, value);
  };
  add("Authentication-Results", " mx.example.org; spf=pass");
  add("authentication-results", " other.example; spf=pass");
  add("AUTHENTICATION-RESULTS", "\n\t(c) MX.Example.ORG.; dkim=pass");
  add("X-Postern-Verdict", " action=accept");
  add("From", " a@author.example.org");
  const report::Verdict verdict = trial.finish();
  REQUIRE(verdict.removed.size() == 3);
  CHECK(verdict.removed[0].name == "X-Postern-Verdict");
  CHECK(verdict.removed[1].index == 3);
  CHECK(verdict.removed[2].index == 1);
  CHECK(verdict.inserted.front().name == "Authentication-Results");
}

TEST_CASE("Transaction: beyond a limit nothing is judged, and forged fields go all the same",
          "[checks][security]") {
  const auto limit = GENERATE(as<std::string>{}, "header_fields = 5", "header_size = \"60B\"");
  Trial trial("[limits]\n" + limit);
  trial.transaction.add_header_field("From", " a@author.example.org");
  for (int i = 0; i < 20; ++i) trial.transaction.add_header_field("X-Filler", " 0123456789");
  trial.transaction.add_header_field("Authentication-Results", " mx.example.org; dmarc=pass");
  const report::Verdict verdict = trial.finish();
  CHECK(verdict.decision.action == Action::reject);
  CHECK(verdict.decision.reply.code == 552);
  CHECK_FALSE(verdict.findings.dmarc.has_value());
  CHECK(verdict.removed.size() == 1);
  CHECK(verdict.findings.limits ==
        std::vector<std::string>{"limits." + limit.substr(0, limit.find(' '))});
}

TEST_CASE("Transaction: mail of our own is only freed of forged fields", "[checks]") {
  const auto direction = GENERATE(Direction::submission, Direction::local);
  Trial trial("", direction, "x@other.example.net", "192.0.2.66");
  trial.transaction.add_header_field("Authentication-Results", " mx.example.org; dmarc=pass");
  trial.transaction.add_header_field("From", " a@author.example.org");
  const report::Verdict verdict = trial.finish();
  CHECK(verdict.decision.action == Action::accept);
  CHECK(verdict.removed.size() == 1);
  CHECK(verdict.inserted.empty());
  CHECK_FALSE(verdict.findings.spf.has_value());
}

TEST_CASE("Transaction: beyond a limit nothing passes as clean", "[checks][security][antivirus]") {
  const auto direction = GENERATE(Direction::inbound, Direction::submission, Direction::local);
  for (const bool own_mail : {true, false}) {
    Trial trial(
        "[antivirus]\nenabled = true\nown_mail = " + std::string(own_mail ? "true" : "false") +
            "\n[limits]\nheader_fields = 5\naction = \"accept\"\n",
        direction);
    for (int i = 0; i < 20; ++i) trial.transaction.add_header_field("X-Filler", " 0123456789");
    const report::Verdict verdict = trial.finish();
    CHECK(trial.transaction.missing_scan().empty());
    const bool is_scanned = own_mail || direction == Direction::inbound;
    REQUIRE(verdict.findings.antivirus.has_value() == is_scanned);
    if (!is_scanned) continue;
    const antivirus::Outcome outcome = antivirus::gravest(*verdict.findings.antivirus);
    CHECK(outcome.result == antivirus::Result::unscannable);
    CHECK(outcome.name == "over limits.header_fields");
    CHECK(verdict.decision.action >= Action::quarantine);
  }
}

TEST_CASE("Transaction: two From fields never pass", "[checks][security][FRM-01]") {
  const auto [second, action] = GENERATE(Catch::Generators::table<std::string, Action>({
      {" b@author.example.org", Action::accept},
      {" b@other.example.net", Action::reject},
  }));
  Trial trial;
  trial.transaction.add_header_field("From", " a@author.example.org");
  trial.transaction.add_header_field("From", second);
  const report::Verdict verdict = trial.finish();
  CHECK(verdict.findings.dmarc->result == authres::Result::permerror);
  CHECK(verdict.decision.action == action);
}

TEST_CASE("Transaction: an odd From of one domain is permerror, not lost", "[checks]") {
  Trial trial;
  trial.transaction.add_header_field("From", " Author, Inc. <a@author.example.org>");
  const report::Verdict verdict = trial.finish();
  CHECK(verdict.findings.dmarc->result == authres::Result::permerror);
  CHECK(verdict.decision.action == Action::accept);
}

TEST_CASE("Transaction: a check that is off leaves no trace", "[checks]") {
  Trial trial("[dkim]\nenabled = false\n[arc]\nenabled = false");
  trial.transaction.add_header_field("From", " a@author.example.org");
  const report::Verdict verdict = trial.finish();
  CHECK_FALSE(verdict.findings.dkim.has_value());
  CHECK(verdict.inserted.front().body.find("dkim") == std::string::npos);
  CHECK(verdict.findings.dmarc->result == authres::Result::pass);
}

TEST_CASE("Transaction: the body is kept for a check that reads it, up to its limit", "[checks]") {
  Trial trial("[mime]\nenabled = true\n[limits]\nbody_size = \"100B\"");
  trial.transaction.add_header_field("From", " a@author.example.org");
  const report::Verdict verdict = trial.finish(std::string(200, 'a'));
  CHECK(verdict.findings.limits == std::vector<std::string>{"limits.body_size"});
  CHECK(verdict.decision.action == Action::accept);
}

}  // namespace
}  // namespace postern::checks
