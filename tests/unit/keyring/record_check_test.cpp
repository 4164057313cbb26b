#include "lib/keyring/record_check.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/keyring.hpp"

namespace postern::keyring {
namespace {

using Result = RecordJudgement::Result;
using Type = dkim::PublicKey::Type;
using test::made_up_key;
using test::made_up_record;

const std::string name = "s1r._domainkey.example.org";

dns::Answer answer_of(std::vector<std::string> texts) {
  dns::Answer answer;
  answer.status = dns::Status::success;
  answer.texts = std::move(texts);
  return answer;
}

dns::Answer failed(dns::Status status, dns::Security security = dns::Security::indeterminate) {
  dns::Answer answer;
  answer.status = status;
  answer.security = security;
  return answer;
}

RecordJudgement judge(const Key& key, dns::Answer answer) {
  dns::Answers answers;
  answers.add({key.record_name(), dns::Type::txt}, std::move(answer));
  return judge_record(key, answers);
}

// The record with quotes round its pieces, as a form may keep them.
std::string with_quotes(const std::string& record) {
  return "\"" + record.substr(0, 200) + "\" \"" + record.substr(200) + "\"";
}

std::string with_backslashes(const std::string& record) {
  std::string text;
  for (const char c : record) text += c == ';' ? "\\;" : std::string(1, c);
  return text;
}

TEST_CASE("judge_record: every wrong answer has its own reason", "[keyring]") {
  const Key key = made_up_key("example.org", "s1r");
  const std::string good = key.record;
  struct Row {
    dns::Answer answer;
    Result result;
    std::string sentence;  // after the name, if it begins with it
    std::string_view remedy;
  };
  const Row rows[] = {
      {answer_of({good}), Result::published, " is published", ""},
      {answer_of({"v=spf1 -all", good}), Result::published, " is published", ""},
      {answer_of({good.substr(0, 60) + " \t" + good.substr(60)}), Result::published,
       " is published", ""},
      {answer_of({good + "; t=s; n=note"}), Result::published, " is published", ""},
      {answer_of({good + "; t=y"}), Result::published,
       " is published, but says that we are testing", "Take t=y out"},
      {failed(dns::Status::nxdomain), Result::absent, " does not exist in DNS",
       "as a CNAME, the target does not exist"},
      {failed(dns::Status::no_data), Result::absent, " has no TXT record", "Publish the record"},
      {failed(dns::Status::timeout), Result::unknown, "DNS gave no answer for " + name + " in time",
       "name servers of example.org"},
      {failed(dns::Status::servfail), Result::unknown, "DNS failed for " + name,
       "name servers of example.org"},
      {failed(dns::Status::servfail, dns::Security::bogus), Result::unknown,
       "DNSSEC refuses the answer for " + name, "DS record of example.org"},
      {answer_of({made_up_record(Type::rsa, 'x')}), Result::wrong, " holds another key",
       "postern dkim show example.org --selector s1r"},
      {answer_of({made_up_record(Type::ed25519, 'x')}), Result::wrong,
       " holds a key of the other type", "Publish the record"},
      {answer_of({good, good}), Result::wrong, " has several key records", "Leave only one"},
      {answer_of({"v=DKIM1; k=rsa; p="}), Result::wrong,
       " says that the key is revoked: p= is empty", "Publish the record"},
      {answer_of({good + "; h=sha1"}), Result::wrong, " forbids sha256 (h=)", "Take h= out"},
      {answer_of({good + "; s=tlsrpt"}), Result::wrong, " forbids mail (s=)", "Take s= out"},
      {answer_of({good.substr(0, 255)}), Result::wrong,
       " is cut short: p= ends before the key does", "--form zone"},
      {answer_of({"\"" + good.substr(0, 255)}), Result::wrong,
       " is cut short: p= ends before the key does", "--form zone"},
      {answer_of({good.substr(0, 255), good.substr(255)}), Result::wrong,
       " holds the pieces of the record as separate TXT records", "one TXT record"},
      {answer_of({good.substr(255), good.substr(0, 255)}), Result::wrong,
       " holds the pieces of the record as separate TXT records", "one TXT record"},
      {answer_of({with_quotes(good)}), Result::wrong,
       " holds quotes or backslashes that a form or a file has left in", "without quotes"},
      {answer_of({"\xe2\x80\x9c" + good + "\xe2\x80\x9d"}), Result::wrong,
       " holds quotes or backslashes that a form or a file has left in", "without quotes"},
      {answer_of({with_backslashes(good)}), Result::wrong,
       " holds quotes or backslashes that a form or a file has left in", "without backslashes"},
      {answer_of({"v=DKIM1; k=rsa; p=!!!"}), Result::wrong, " has a p= that is no key",
       "Publish the record"},
      {answer_of({"v=spf1 -all"}), Result::wrong,
       " has a TXT record, but no key record: perhaps a wildcard answers", "Publish the record"},
      {answer_of({""}), Result::wrong,
       " has a TXT record, but no key record: perhaps a wildcard answers", "Publish the record"},
      {answer_of({good + "; n=" + std::string(9000, 'n')}), Result::wrong,
       " has a p= that is no key", "Publish the record"},
  };
  for (const Row& row : rows) {
    const RecordJudgement judgement = judge(key, row.answer);
    const std::string expected = row.sentence.starts_with(' ') ? name + row.sentence : row.sentence;
    CHECK(judgement.sentence == expected);
    CHECK(to_word(judgement.result) == to_word(row.result));
    CHECK(judgement.remedy.empty() == row.remedy.empty());
    CHECK(judgement.remedy.find(row.remedy) != std::string::npos);
  }
}

TEST_CASE("judge_record: an Ed25519 key that is cut or another", "[keyring]") {
  const Key key = made_up_key("example.org", "s1e");
  CHECK(judge(key, answer_of({key.record})).result == Result::published);
  CHECK(judge(key, answer_of({key.record.substr(0, 50)})).sentence ==
        "s1e._domainkey.example.org is cut short: p= ends before the key does");
  CHECK(judge(key, answer_of({made_up_record(Type::ed25519, 'x')})).result == Result::wrong);
}

TEST_CASE("judge_record: a name that has the domain twice", "[keyring]") {
  const Key key = made_up_key("example.org", "s1r");
  const dns::Questions questions = record_questions(key);
  REQUIRE(questions.size() == 2);
  CHECK(questions[0] == dns::Question{name, dns::Type::txt});
  CHECK(questions[1] == dns::Question{name + ".example.org", dns::Type::txt});
  dns::Answers answers;
  CHECK(judge_record(key, answers).result == Result::unknown);
  answers.add(questions[1], answer_of({key.record}));
  answers.add(questions[0], failed(dns::Status::nxdomain));
  const RecordJudgement judgement = judge_record(key, answers);
  CHECK(judgement.result == Result::absent);
  CHECK(judgement.sentence == name + " does not exist, but " + name + ".example.org does");
  CHECK(judgement.remedy ==
        "Enter the host name as \"s1r._domainkey\": the provider adds the domain");
}

TEST_CASE("judge_record: a revoked key wants an empty p= or nothing", "[keyring]") {
  const Key key = made_up_key("example.org", "s1r", State::revoked);
  CHECK(key.wanted_record() == "v=DKIM1; k=rsa; p=");
  CHECK(judge(key, answer_of({key.wanted_record()})).result == Result::published);
  CHECK(judge(key, failed(dns::Status::nxdomain)).result == Result::published);
  const RecordJudgement still = judge(key, answer_of({key.record}));
  CHECK(still.result == Result::wrong);
  CHECK(still.remedy == "Replace the record by \"v=DKIM1; k=rsa; p=\", or delete it");
  CHECK(judge(key, failed(dns::Status::timeout)).result == Result::unknown);
}

}  // namespace
}  // namespace postern::keyring
