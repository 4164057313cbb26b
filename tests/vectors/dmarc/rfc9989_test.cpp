// The RFC 9989 evaluation cases, each over the zone that comes with it.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include <nlohmann/json.hpp>

#include "lib/dmarc/evaluate.hpp"
#include "lib/dns/name.hpp"
#include "tests/support/catch.hpp"

namespace postern::dmarc {
namespace {

using nlohmann::json;

// The zone format of this suite, which is more than an MX record's text needs to say here: whether
// a name exists, and its TXT records.
class SuiteZone {
 public:
  explicit SuiteZone(const json& zone) : zone_(zone) {}

  dns::Answer lookup(const dns::Question& question) const {
    dns::Answer answer;
    const auto node = zone_.find(question.name);
    if (node == zone_.end()) {
      answer.status = exists(question.name) ? dns::Status::no_data : dns::Status::nxdomain;
      return answer;
    }
    if (node->contains("SERVFAIL")) {
      answer.status = dns::Status::servfail;
      return answer;
    }
    const char* type = question.type == dns::Type::txt ? "TXT" : "A";
    for (const json& record : node->value(type, json::array())) {
      answer.status = dns::Status::success;
      std::string text;
      if (record.is_array()) {
        for (const json& part : record) text += part.get<std::string>();
      }
      answer.texts.push_back(text);
    }
    return answer;
  }

 private:
  bool exists(const std::string& name) const {
    for (const auto& [owner, records] : zone_.items()) {
      if (dns::is_at_or_below(owner, name)) return true;
    }
    return false;
  }

  const json& zone_;
};

// The one U-label of the suite; elsewhere the caller has converted it.
std::string to_a_label(std::string name) {
  return name == "b\xc3\xbc"
                 "cher.example"
             ? "xn--bcher-kva.example"
             : name;
}

Request request_of(const json& test) {
  Request request;
  request.author_domains = {to_a_label(test["author_domain"])};
  if (test["spf_pass_mailfrom"].is_string()) request.spf_domain = test["spf_pass_mailfrom"];
  request.dkim_domains = test["dkim_pass_d"].get<std::vector<std::string>>();
  return request;
}

void run(const json& test) {
  const SuiteZone zone(test["zone"]);
  const Request request = request_of(test);
  dns::Answers answers;
  std::set<std::string> asked;
  dns::Evaluation<Outcome> evaluation = evaluate(request, answers);
  for (int round = 0; round < 4 && !evaluation.is_done(); ++round) {
    for (const dns::Question& question : evaluation.missing()) {
      if (question.type == dns::Type::txt) asked.insert(question.name);
      answers.add(question, zone.lookup(question));
    }
    evaluation = evaluate(request, answers);
  }
  REQUIRE(evaluation.is_done());
  const Outcome& outcome = evaluation.result();
  CHECK(outcome.dns_queries == answers.size());

  const json& expect = test["expect"];
  CHECK(to_token(outcome.result) == expect["result"].get<std::string>());
  if (expect.contains("policy")) CHECK(to_token(outcome.policy) == expect["policy"]);
  if (expect.contains("org_domain")) CHECK(outcome.organizational_domain == expect["org_domain"]);
  if (expect.contains("policy_domain")) CHECK(outcome.policy_domain == expect["policy_domain"]);
  if (expect.contains("spf_aligned")) CHECK(outcome.spf_aligned == expect["spf_aligned"]);
  if (expect.contains("dkim_aligned")) CHECK(outcome.dkim_aligned == expect["dkim_aligned"]);
  if (expect.contains("dmarc_queries")) {
    CHECK(asked == expect["dmarc_queries"].get<std::set<std::string>>());
  }
}

TEST_CASE("evaluate: RFC 9989 vectors", "[dmarc][rfc9989]") {
  const char* folder = std::getenv("POSTERN_CONFORMANCE");  // NOLINT(concurrency-mt-unsafe)
  const std::string path = std::string(folder != nullptr ? folder : "../shared/conformance") +
                           "/dmarc-rfc9989/vectors.json";
  std::ifstream file(path);
  if (!file) {
    std::cout << "skipped: dmarc-rfc9989 not found\n";
    SUCCEED();
    return;
  }
  const json suite = json::parse(file);
  std::size_t count = 0;
  for (const json& test : suite["cases"]) {
    ++count;
    INFO(test["id"].get<std::string>());
    run(test);
  }
  CHECK(count == 60);
}

}  // namespace
}  // namespace postern::dmarc
