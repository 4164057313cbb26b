// The messages of OpenDKIM's library tests, with our own expectations in a file beside this one.
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lib/io/openssl/openssl_crypto.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dkim_message.hpp"

namespace postern::test {
namespace {

// Lines of "name record".
KeyZone read_zone() {
  KeyZone zone;
  std::istringstream lines(read_suite_file("dkim-opendkim/dns.txt"));
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || space == 0) continue;
    zone[line.substr(0, space)] = text_answer({line.substr(space + 1)});
  }
  return zone;
}

// "none", or the results of all signatures from the top, joined by "+".
std::string summarize(const std::vector<dkim::Outcome>& outcomes) {
  std::string results;
  for (const dkim::Outcome& outcome : outcomes) {
    if (!results.empty()) results += '+';
    results += authres::to_token(outcome.result);
    CHECK_FALSE((outcome.result == authres::Result::pass && outcome.algorithm == "rsa-sha1"));
  }
  return results.empty() ? "none" : results;
}

std::string join_reasons(const std::vector<dkim::Outcome>& outcomes) {
  std::string reasons;
  for (const dkim::Outcome& outcome : outcomes) reasons += outcome.reason + "|";
  return reasons;
}

TEST_CASE("verify: the messages of OpenDKIM", "[dkim]") {
  const std::string text = read_suite_file("dkim-opendkim/cases.json");
  if (text.empty()) {
    std::cout << "skipped: dkim-opendkim not found\n";
    return;
  }
  const auto suite = nlohmann::json::parse(text);
  std::ifstream file("tests/vectors/dkim/opendkim_expectations.json");
  const auto expectations = nlohmann::json::parse(file);
  const KeyZone zone = read_zone();
  const io::OpensslCrypto crypto;
  const auto now = expectations["now"].get<std::int64_t>();
  std::size_t judged = 0;
  std::size_t left_out = 0;
  for (const auto& row : suite) {
    const auto id = row["id"].get<std::string>();
    CAPTURE(id);
    if (expectations["left_out"].contains(id)) {
      ++left_out;
      continue;
    }
    const auto name = "dkim-opendkim/verify/" + row["file"].get<std::string>();
    const auto outcomes = verify(parse_message(read_suite_file(name)), zone, crypto, now);
    CAPTURE(join_reasons(outcomes));
    REQUIRE(expectations["results"].contains(id));
    CHECK(summarize(outcomes) == expectations["results"][id]["result"].get<std::string>());
    ++judged;
  }
  CHECK(suite.size() == 98);
  CHECK(judged == expectations["results"].size());
  CHECK(left_out == expectations["left_out"].size());
}

}  // namespace
}  // namespace postern::test
