// The public RFC 7208 test suite, all scenarios (pyspf, test/rfc7208-tests.yml as JSON).
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <nlohmann/json.hpp>

#include "lib/dns/name.hpp"
#include "tests/unit/spf/zone_check.hpp"

namespace postern::spf {
namespace {

using Json = nlohmann::json;

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

dns::Zone scenario_zone(const Json& scenario) {
  Json zone = Json::object();
  for (const auto& [owner, entries] : scenario.at("zonedata").items()) {
    zone[owner] = owner_records(entries);
  }
  return zone_of(zone.dump());
}

Request request_of(const Json& test) {
  Request request;
  request.client_ip = ip(test.at("host").get<std::string>());
  request.helo = test.at("helo").get<std::string>();
  request.rfc5321_mail_from = test.at("mailfrom").get<std::string>();
  request.explain = true;
  return request;
}

void run_test(const std::string& id, const Json& test, const dns::Zone& zone) {
  const auto lookup = [&](const dns::Question& question) {
    dns::Answer answer = zone.lookup(question);
    const bool times_out =
        answer.status == dns::Status::nxdomain && question.name.starts_with("error.");
    if (times_out) answer.status = dns::Status::timeout;
    return answer;
  };
  const Outcome outcome = check_with(request_of(test), lookup).outcome;
  INFO(id << ": " << outcome.problem);
  // Where the suite allows several results, the first is the one it prefers.
  const Json& expected = test.at("result").is_array() ? test.at("result")[0] : test.at("result");
  CHECK(authres::to_token(outcome.result) == expected.get<std::string>());
  if (!test.contains("explanation")) return;
  const std::string explanation = test.at("explanation");
  CHECK(outcome.explanation == (explanation == "DEFAULT" ? "" : explanation));
}

TEST_CASE("check_host: RFC 7208 test suite", "[spf][rfc7208]") {
  const char* folder = std::getenv("POSTERN_CONFORMANCE");
  std::ifstream file(std::string(folder != nullptr ? folder : "../shared/conformance") +
                     "/spf-rfc7208/rfc7208-tests.json");
  if (!file) {
    std::cout << "skipped: spf-rfc7208 not found\n";
    SUCCEED();
    return;
  }
  unsigned tests = 0;
  for (const Json& scenario : Json::parse(file)) {
    const dns::Zone zone = scenario_zone(scenario);
    for (const auto& [id, test] : scenario.at("tests").items()) {
      run_test(id, test, zone);
      ++tests;
    }
  }
  CHECK(tests == 203);
}

}  // namespace
}  // namespace postern::spf
