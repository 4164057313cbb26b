#include "lib/antispam/filter/filter.hpp"

#include <time.h>

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

std::chrono::steady_clock::time_point time_of_test;

// Each look at it takes ten milliseconds.
std::chrono::steady_clock::time_point slow_clock() {
  return time_of_test += std::chrono::milliseconds(10);
}

// Judges a message whose body takes longer than there is time.
Outcome over_budget(std::string_view subject, Circumstances from = {}) {
  const Fixture fixture;
  Settings settings;
  settings.budget = std::chrono::milliseconds(50);  // two looks, the first after parsing
  const FilterTools tools{fixture.compiler, fixture.charsets, slow_clock, "Postern 1"};
  const std::string rules = std::string(rules_text) + "body SLOW /\\d{9}/\nscore SLOW 1\n" +
                            "header GROSS Subject =~ /gross/\nscore GROSS 5\n";
  const auto filter = std::make_shared<const Filter>(load_rules({{"test.cf", rules}}, {}), settings,
                                                     tools, "mx.example.org");
  std::string body;
  for (int i = 0; i < 10'000; ++i) body += "word ";
  Judging judging(filter, "Subject: " + std::string(subject) + "\n\n" + body, std::move(from));
  CHECK(judging.advance({}).empty());
  return judging.outcome();
}

TEST_CASE("a message that takes too long is no ham, unless the operator says so") {
  const Outcome outcome = over_budget("Cheap");
  CHECK(outcome.result == Outcome::Result::temperror);
  CHECK(outcome.problem == "over antispam.budget");
  CHECK(outcome.over_budget);
  CHECK(outcome.score == Approx(3.001));
  CHECK(outcome.hits == std::vector<std::pair<std::string, double>>{
                            {"A_SUBJECT", 3}, {"TIME_LIMIT_EXCEEDED", 0.001}});
  CHECK(outcome.headers[1].value == "No, score=3.0 tests=A_SUBJECT,TIME_LIMIT_EXCEEDED");
  CHECK(over_budget("gross").result == Outcome::Result::spam);
  Circumstances listed;
  listed.listing = Listing::allowed;
  CHECK(over_budget("Cheap", listed).result == Outcome::Result::ham);
  listed.listing = Listing::denied;
  CHECK(over_budget("Cheap", listed).result == Outcome::Result::spam);
}

std::chrono::steady_clock::time_point thread_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(time.tv_sec) +
                                               std::chrono::nanoseconds(time.tv_nsec));
}

TEST_CASE("patterns that take too long over a large message are named, and the others run",
          "[security]") {
  const Fixture fixture;
  Settings settings;
  settings.budget = std::chrono::milliseconds(2'000);
  const FilterTools tools{fixture.compiler, fixture.charsets, thread_time, "Postern 1"};
  const std::string rules =
      "full SQUARE /a.*b/s\nscore SQUARE 1\nfull NESTED /(a+)+$/\nscore NESTED 1\n"
      "full __SUB /a{150}.*\\d/s\nmeta A_META __SUB\nscore A_META 1\n"
      "full Z_LAST /cc$/\nscore Z_LAST 2\n";
  const auto filter = std::make_shared<const Filter>(load_rules({{"test.cf", rules}}, {}), settings,
                                                     tools, "mx.example.org");
  const auto began = thread_time();
  Judging judging(filter, "Subject: x\n\n" + std::string(2 * 1'024 * 1'024, 'a') + "cc\n", {});
  CHECK(judging.advance({}).empty());
  const Outcome outcome = judging.outcome();
  CHECK(thread_time() - began < std::chrono::milliseconds(4'000));
  CHECK_FALSE(outcome.over_budget);
  CHECK(outcome.over_limit == std::vector<std::string>{"NESTED", "SQUARE", "__SUB"});
  CHECK(outcome.result == Outcome::Result::ham);
  CHECK(outcome.hits == std::vector<std::pair<std::string, double>>{{"Z_LAST", 2}});
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

struct UnlockedListMemory final : ListMemory {
  std::vector<std::string> note(const ListReport& report, std::int64_t now) override {
    return health.note(report, now);
  }
  [[nodiscard]] std::vector<std::string> left_alone(std::int64_t now) const override {
    return health.left_alone(now);
  }
  ListHealth health;
};

TEST_CASE("rules that ask DNS: questions, then hits by the answers that came") {
  Fixture fixture;
  fixture.settings.network = true;
  UnlockedListMemory lists;
  FilterTools tools{fixture.compiler, fixture.charsets, std::chrono::steady_clock::now, "P 1"};
  tools.lists = &lists;
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
  const Outcome outcome = judging.outcome();
  CHECK(outcome.score == Approx(3));  // without the other answer
  CHECK(outcome.list_news == std::vector<std::string>{"l.org: refuses our questions"});
  // The list has said that it refuses us, so that it is not asked about the next message, not even
  // by rules that were loaded meanwhile.
  const auto reloaded = std::make_shared<const Filter>(load_rules({{"test.cf", rules}}, {}),
                                                       fixture.settings, tools, "mx.example.org");
  Judging next(reloaded, std::string(spam), from);
  CHECK(next.advance({}) == dns::Questions{questions[1]});
  from.now += 1'000;
  Judging later(filter, std::string(spam), from);
  CHECK(later.advance({}).size() == 2);
}

TEST_CASE("the operator's limit of questions: rules beyond it are named") {
  Fixture fixture;
  fixture.settings.network = true;
  fixture.settings.max_questions = 1;
  const FilterTools tools{fixture.compiler, fixture.charsets, std::chrono::steady_clock::now,
                          "P 1"};
  const std::string rules =
      "loadplugin Mail::SpamAssassin::Plugin::AskDNS\nutil_rb_tld com org\n"
      "rbl_timeout 10 1\naskdns A_NET _AUTHORDOMAIN_.l.org A\n"
      "askdns B_NET _AUTHORDOMAIN_.m.org A [SERVFAIL,NXDOMAIN]\n";
  const auto filter = std::make_shared<const Filter>(load_rules({{"test.cf", rules}}, {}),
                                                     fixture.settings, tools, "mx.example.org");
  CHECK(filter->list_patience().most == std::chrono::seconds(10));
  CHECK(filter->list_patience().least == std::chrono::seconds(1));
  Judging judging(filter, std::string(spam), {});
  const dns::Questions questions = judging.advance({});
  REQUIRE(questions.size() == 1);
  dns::Answers answers;
  answers.add(questions[0], dns::Answer());
  CHECK(judging.advance(answers).empty());
  CHECK(judging.outcome().hits.empty());
  CHECK(judging.outcome().unasked == std::vector<std::string>{"B_NET"});
  CHECK(some_of(std::vector<std::string>(20, "R")).ends_with(",R,+4"));
}

}  // namespace
}  // namespace postern::antispam
