#include "lib/antispam/filter/filter.hpp"

#include "lib/antispam/filter/date_text.hpp"
#include "lib/antispam/rules/load.hpp"
#include "lib/io/iconv/strict_charsets.hpp"
#include "lib/io/pcre2/pcre2_compiler.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using Catch::Matchers::Contains;

constexpr std::string_view rules_text =
    "required_score 5\n"
    "header A_SUBJECT Subject =~ /cheap/i\ndescribe A_SUBJECT Something cheap\nscore A_SUBJECT 3\n"
    "body A_BODY /pills/\nscore A_BODY 2.5\n"
    "body __SUB /friend/\nmeta A_META __SUB && A_BODY\nscore A_META -0.25\n"
    "header USER_IN_WELCOMELIST Subject =~ /no such/\nscore USER_IN_WELCOMELIST -100\n"
    "clear_headers\nadd_header all Status _YESNO_, score=_SCORE_ tests=_TESTS_\n"
    "report Why: _SUMMARY_\n";
constexpr std::string_view spam =
    "From: a@example.com\r\nSubject: Cheap\r\n\r\nDear friend, pills!\r\n";

struct Fixture {
  io::Pcre2Compiler compiler;
  io::EncodeCharsets charsets;
  Settings settings;

  [[nodiscard]] std::shared_ptr<const Filter> filter() const {
    const FilterTools tools{compiler, charsets, std::chrono::steady_clock::now, "Postern 1"};
    return std::make_shared<const Filter>(load_rules({{"test.cf", std::string(rules_text)}}, {}),
                                          settings, tools, "mx.example.org");
  }
  [[nodiscard]] Outcome outcome(std::string_view message, Circumstances from = {}) const {
    Judging judging(filter(), std::string(message), std::move(from));
    CHECK(judging.advance({}).empty());
    return judging.outcome();
  }
};

TEST_CASE("spam: score, rules by weight, headers") {
  const Outcome outcome = Fixture().outcome(spam);
  CHECK(outcome.result == Outcome::Result::spam);
  CHECK(outcome.score == Approx(5.25));
  CHECK(outcome.required == 5);
  CHECK(outcome.hits == std::vector<std::pair<std::string, double>>{
                            {"A_SUBJECT", 3}, {"A_BODY", 2.5}, {"A_META", -0.25}});
  std::vector<std::string> names;
  for (const SpamHeader& header : outcome.headers) names.push_back(header.name);
  // clear_headers leaves the first.
  CHECK(names ==
        std::vector<std::string>{"X-Spam-Checker-Version", "X-Spam-Status", "X-Spam-Report"});
  CHECK(outcome.headers[1].value == "Yes, score=5.2 tests=A_BODY,A_META,A_SUBJECT");
}

TEST_CASE("ham") {
  const Outcome outcome = Fixture().outcome("Subject: Hello\n\nText\n");
  CHECK(outcome.result == Outcome::Result::ham);
  CHECK(outcome.hits.empty());
  CHECK(outcome.headers.back().value == "No, score=0.0 tests=none");
}

TEST_CASE("scores and thresholds of the operator go before those of the rules") {
  Fixture fixture;
  fixture.settings.scores.scores = {{"A_SUBJECT", 1}, {"NO_SUCH", 2}};
  CHECK(fixture.outcome(spam).score == Approx(3.25));
  CHECK_THAT(fixture.filter()->warnings().back().text, Contains("NO_SUCH"));
  fixture.settings.required_score = 3;
  CHECK(fixture.outcome(spam).result == Outcome::Result::spam);
  Circumstances to_one;
  to_one.required = 4;
  CHECK(fixture.outcome(spam, to_one).result == Outcome::Result::ham);
}

TEST_CASE("a sender whom the operator lists") {
  Circumstances listed;
  listed.forced_rule = "USER_IN_WELCOMELIST";
  listed.listed = "allowed: example.com";
  const Outcome outcome = Fixture().outcome(spam, listed);
  CHECK(outcome.result == Outcome::Result::ham);
  CHECK(outcome.score == Approx(-94.75));
  CHECK(outcome.listed == "allowed: example.com");
}

TEST_CASE("reports and rewritten messages") {
  const Fixture fixture;
  Judging judging(fixture.filter(), std::string(spam), {});
  CHECK_THAT(judging.report(), Contains("A_SUBJECT") && Contains("Something cheap") &&
                                   Contains("BODY: No description available."));
  CHECK_THAT(judging.rewritten(1), Contains("X-Spam-Status: Yes, score=5.2") &&
                                       Contains("message/rfc822") &&
                                       Contains("\r\n\r\nDear friend, pills!\r\n"));
}

TEST_CASE("dates of header fields") {
  CHECK(date_text(0) == "Thu, 1 Jan 1970 00:00:00 +0000");
  CHECK(date_text(1796040000) == "Mon, 30 Nov 2026 12:00:00 +0000");
}

TEST_CASE("rules that ask DNS: questions, then hits by the answers that came") {
  Fixture fixture;
  fixture.settings.network = true;
  const FilterTools tools{fixture.compiler, fixture.charsets, std::chrono::steady_clock::now,
                          "P 1"};
  const std::string rules =
      "loadplugin Mail::SpamAssassin::Plugin::AskDNS\nutil_rb_tld com org\n"
      "askdns A_NET _AUTHORDOMAIN_.l.org A 127.0.0.2\nscore A_NET 2\n"
      "askdns B_NET _AUTHORDOMAIN_.m.org A\nscore B_NET 3\n"
      "meta A_META A_NET && !B_NET\nscore A_META 1\ndns_block_rule A_NET l.org\n";
  const auto filter = std::make_shared<const Filter>(load_rules({{"test.cf", rules}}, {}),
                                                     fixture.settings, tools, "mx.example.org");
  Circumstances from;
  from.now = 1'000;
  Judging judging(filter, std::string(spam), from);
  const dns::Questions questions = judging.advance({});
  CHECK(questions ==
        dns::Questions{{"example.com.l.org", dns::Type::a}, {"example.com.m.org", dns::Type::a}});
  dns::Answers answers;
  dns::Answer listed;
  listed.status = dns::Status::success;
  listed.addresses = {IpAddress::v4({127, 0, 0, 2})};
  answers.add(questions[0], listed);
  CHECK(judging.advance(answers) == dns::Questions{questions[1]});
  CHECK(judging.outcome().score == Approx(3));  // without the other answer
  // The list has said that it refuses us, so that it is not asked about the next message.
  Judging next(filter, std::string(spam), from);
  CHECK(next.advance({}) == dns::Questions{questions[1]});
  from.now += 1'000;
  Judging later(filter, std::string(spam), from);
  CHECK(later.advance({}).size() == 2);
}

}  // namespace
}  // namespace postern::antispam
