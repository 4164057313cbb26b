// MTA-STS: records, policies, and kept entries read back; an answer for Postfix is one safe line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support.hpp"
#include "lib/dns/name.hpp"
#include "lib/mta_sts/entry.hpp"
#include "lib/mta_sts/evaluate.hpp"
#include "lib/mta_sts/record.hpp"

namespace {

using namespace postern;
using fuzz::require;

const store::Time now{std::chrono::milliseconds(1'800'000'000'000)};

void check_value(const mta_sts::Policy& policy) {
  for (const auto reports : {mta_sts::TlsReports::off, mta_sts::TlsReports::on}) {
    const auto value =
        mta_sts::map_value("example.org", policy, std::chrono::milliseconds(1), reports);
    require(value.has_value() == (policy.mode == mta_sts::Mode::enforce));
    if (!value) continue;
    require(value->size() <= mta_sts::max_value_size && fuzz::is_printable(*value));
    require(value->starts_with("secure match=") && value->find(',') == value->npos);
    require(std::count(value->begin(), value->end(), '{') ==
            std::count(value->begin(), value->end(), '}'));
  }
}

void check_policy(const std::string& text) {
  const auto policy = mta_sts::parse_policy(text);
  if (!policy) {
    require(!policy.error().problem.empty() && policy.error().offset <= text.size());
    return;
  }
  require(policy->mx.size() <= mta_sts::max_hosts);
  require(policy->max_age.count() >= 0 && policy->max_age <= mta_sts::longest_age);
  require(!policy->mx.empty() || policy->mode == mta_sts::Mode::none);
  const auto again = mta_sts::parse_policy(format(*policy));
  require(again && *again == *policy);
  for (const std::string& host : policy->mx) {
    if (!host.starts_with("*.")) require(covers(*policy, host));
  }
  check_value(*policy);
}

void check_record(const std::string& text) {
  const auto id = mta_sts::parse_record(text);
  if (!id) return;
  require(mta_sts::is_record(text) && mta_sts::is_id(*id));
  require(mta_sts::parse_record(mta_sts::format_record(*id)).value() == *id);
}

void check_entry(const std::string& text) {
  const auto entry = mta_sts::parse_entry(text);
  if (!entry) return;
  const auto again = mta_sts::parse_entry(format(*entry));
  require(again && *again == *entry);
  require(mta_sts::time_left(*entry, now) <= mta_sts::longest_age);
  require(!mta_sts::is_refresh_due(*entry, now) || mta_sts::is_valid(*entry, now));
}

dns::TlsaRecord tlsa_of(const std::string& text) {
  const auto octet = [&](std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{3};
  };
  return {octet(0), octet(1), octet(2), octet(3)};
}

// The record, the entry kept, and the web server's body are all hostile; it ends all the same.
void check_evaluation(const std::string& text) {
  const std::size_t cut = text.size() / 3;
  dns::Answers answers;
  store::Known known;
  const mta_sts::FetchResult body = text.substr(2 * cut);
  const mta_sts::FetchResult* fetched = nullptr;
  mta_sts::Options options;
  options.dane = text.size() % 3 == 0;
  for (int round = 0; round < 5; ++round) {
    const auto evaluation = mta_sts::evaluate({"example.org", text.size() % 2 == 0}, options,
                                              answers, known, fetched, now);
    if (const auto* outcome = std::get_if<mta_sts::Outcome>(&evaluation)) {
      require(fuzz::is_printable(outcome->why) && outcome->writes.size() <= 1);
      return;
    }
    const auto& needs = std::get<mta_sts::Needs>(evaluation);
    for (const auto& question : needs.questions) {
      dns::Answer answer;
      answer.status = dns::Status::success;
      if (question.type == dns::Type::txt) answer.texts = {"v=STSv1; id=a1", text.substr(0, cut)};
      answer.addresses = {IpAddress::v4({192, 0, 2, 1})};
      answer.security = dns::Security::secure;
      if (question.type == dns::Type::mx) answer.exchanges = {{10, "a.example"}, {0, ""}};
      if (question.type == dns::Type::tlsa) answer.tlsa = {tlsa_of(text)};
      answers.add(question, answer);
    }
    for (const auto& operation : needs.operations) {
      known.add(operation, store::Value{text.substr(cut, cut)});
    }
    if (needs.fetch) fetched = &body;
  }
  require(false);
}

void check(const std::string& text) {
  check_policy(text);
  check_record(text);
  check_entry(text);
  check_evaluation(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  check(std::string(input));
  constexpr std::string_view words[] = {"version: STSv1\n",
                                        "mode: enforce\n",
                                        "mode: testing\n",
                                        "mode: none\r\n",
                                        "max_age: 86400\n",
                                        "max_age: ",
                                        "mx: a.example\n",
                                        "mx: *.b.example\n",
                                        "mx: ",
                                        "mx:",
                                        "a",
                                        "1",
                                        ":",
                                        " ",
                                        "\n",
                                        "\r\n",
                                        "*.",
                                        ".",
                                        "v=STSv1",
                                        "; ",
                                        "id=",
                                        "sts1 ",
                                        "- ",
                                        "0 ",
                                        "1799999999999 "};
  check(fuzz::in_words(input, words));
  check("version: STSv1\nmode: enforce\nmax_age: 86400\n" + fuzz::in_words(input, words));
  check("sts1 a1 1799999999999 - 0\n" + fuzz::in_words(input, words));
  check("v=STSv1" + fuzz::in_words(input, words));
  return 0;
}
