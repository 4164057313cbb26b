#include "tests/support/spf_suite.hpp"

namespace postern::test {
namespace {

// The suite writes an owner's records as a list of {type: value}, and "TIMEOUT" for the rest.
// SPF records stand for TXT unless the owner has TXT of its own; "TXT: NONE" is to have none.
Json owner_records(const Json& entries) {
  Json records = Json::object();
  Json spf = Json::array();
  bool has_text = false;
  for (const Json& entry : entries) {
    if (entry.is_string()) {
      records["TIMEOUT"] = true;
      continue;
    }
    const std::string type = entry.begin().key();
    const Json& value = entry.begin().value();
    if (type == "TXT") has_text = true;
    if (value == "NONE") continue;
    if (value == "TIMEOUT" || type == "CNAME") {
      records[type] = value;
    } else if (type == "SPF") {
      spf.push_back(value);
    } else {
      records[type].push_back(value);
    }
  }
  if (!has_text && !spf.empty()) records["TXT"] = spf;
  return records;
}

SpfTest read_test(const std::string& id, const Json& row) {
  SpfTest test;
  test.id = id;
  test.request.client_ip = parse_ip_address(row.at("host").get<std::string>()).value();
  test.request.helo = row.at("helo");
  test.request.rfc5321_mail_from = row.at("mailfrom");
  test.request.explain = true;
  const Json& result = row.at("result");
  if (result.is_array()) {
    test.results = result.get<std::vector<std::string>>();
  } else {
    test.results = {result.get<std::string>()};
  }
  test.has_explanation = row.contains("explanation");
  if (test.has_explanation) test.explanation = row.at("explanation");
  return test;
}

}  // namespace

std::vector<std::string> SpfTest::expected() const {
  std::vector<std::string> answers;
  answers.reserve(results.size());
  for (const std::string& result : results) answers.push_back(answer(result, explanation));
  return answers;
}

std::string SpfTest::answer(const std::string& result, const std::string& said) const {
  return has_explanation ? result + " \"" + said + "\"" : result;
}

dns::Answer SpfScenario::lookup(const dns::Question& question) const {
  dns::Answer answer = zone.lookup(question);
  const bool times_out =
      answer.status == dns::Status::nxdomain && question.name.rfind("error.", 0) == 0;
  if (times_out) answer.status = dns::Status::timeout;
  return answer;
}

std::vector<SpfScenario> read_spf_suite(const Json& suite) {
  std::vector<SpfScenario> scenarios;
  for (const Json& row : suite) {
    Json zone = Json::object();
    for (const auto& [owner, entries] : row.at("zonedata").items()) {
      zone[owner] = owner_records(entries);
    }
    SpfScenario scenario{zone_of(zone), {}};
    for (const auto& [id, test] : row.at("tests").items()) {
      scenario.tests.push_back(read_test(id, test));
    }
    scenarios.push_back(std::move(scenario));
  }
  return scenarios;
}

}  // namespace postern::test
