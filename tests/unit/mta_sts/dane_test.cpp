#include "lib/mta_sts/dane.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "lib/dns/zone.hpp"
#include "tests/support/catch.hpp"

namespace postern::mta_sts {
namespace {

using dns::Security;
using dns::Type;

const std::string sha256(64, 'a');
const std::string usable = R"({"TLSA": [[3, 1, 1, ")" + sha256 + R"("]]})";
constexpr std::string_view two_hosts =
    R"("example.org": {"MX": [[20, "b.example.net"], [10, "a.example.net"]]})";

// Asks until nothing is missing.
struct Lookup {
  std::optional<std::string_view> why;
  dns::Questions asked;
};
Lookup look_up(const std::string& json, const std::map<std::string, Security>& security = {}) {
  const auto zone = dns::parse_zone("{" + json + "}");
  if (!zone) FAIL(zone.error().owner + ": " + std::string(zone.error().problem));
  Lookup done;
  dns::Answers answers;
  for (int round = 0; round < 3; ++round) {
    dns::Lookups lookups(answers);
    done.why = left_to_dane("example.org", lookups);
    for (const dns::Question& question : lookups.missing()) {
      dns::Answer answer = zone->lookup(question);
      const auto other = security.find(question.name);
      answer.security = other == security.end() ? Security::secure : other->second;
      answers.add(question, answer);
      done.asked.push_back(question);
    }
    if (!lookups.has_missing()) return done;
  }
  FAIL("does not end");
  return done;
}

TEST_CASE("left_to_dane: one host with TLSA records is enough", "[mta_sts][rfc7672-2.2]") {
  const std::string host = GENERATE("a.example.net", "b.example.net");
  const auto done = look_up(std::string(two_hosts) + ", \"_25._tcp." + host + "\": " + usable);
  CHECK(done.why == "a mail host has TLSA records: left to DANE");
  CHECK(done.asked == dns::Questions{{"example.org", Type::mx},
                                     {"_25._tcp.a.example.net", Type::tlsa},
                                     {"_25._tcp.b.example.net", Type::tlsa}});
}

TEST_CASE("left_to_dane: hosts without usable and proven records are not",
          "[mta_sts][security][rfc7672-2.2]") {
  CHECK_FALSE(look_up(std::string(two_hosts)).why);
  const std::string unusable = R"({"TLSA": [[1, 1, 1, ")" + sha256 + R"("]]})";
  CHECK_FALSE(look_up(std::string(two_hosts) + R"(, "_25._tcp.a.example.net": )" + unusable).why);
  const std::string name = "_25._tcp.a.example.net";
  const std::string zone = std::string(two_hosts) + ", \"" + name + "\": " + usable;
  for (const Security security : {Security::insecure, Security::indeterminate}) {
    CHECK_FALSE(look_up(zone, {{name, security}}).why);
  }
  // A host in another zone is none of this domain's.
  CHECK_FALSE(look_up(std::string(two_hosts) + R"(, "_25._tcp.c.example.net": )" + usable).why);
}

TEST_CASE("left_to_dane: MX records that are not proven ask nothing further",
          "[mta_sts][security]") {
  const std::string zone = std::string(two_hosts) + R"(, "_25._tcp.a.example.net": )" + usable;
  for (const Security security : {Security::insecure, Security::indeterminate, Security::bogus}) {
    const auto done = look_up(zone, {{"example.org", security}});
    CHECK_FALSE(done.why);
    CHECK(done.asked.size() == 1);
  }
}

TEST_CASE("left_to_dane: what DNS does not say DANE has to judge", "[mta_sts][rfc7672-2.1.2]") {
  const std::string failure = GENERATE("SERVFAIL", "TIMEOUT");
  const auto failing = [&](const std::string& host) {
    return std::string(two_hosts) + ", \"_25._tcp." + host + "\": {\"TLSA\": \"" + failure + "\"}";
  };
  CHECK(look_up(failing("a.example.net")).why ==
        "DNS does not say whether a mail host has TLSA records: left to DANE");
  CHECK(look_up(failing("b.example.net")).why);
  CHECK(look_up(failing("a.example.net"), {{"_25._tcp.a.example.net", Security::bogus}}).why);
  // A domain without answers for its MX gets no mail anyhow.
  CHECK_FALSE(look_up("\"example.org\": {\"MX\": \"" + failure + "\"}").why);
}

TEST_CASE("left_to_dane: a domain without MX records is its own host, one with null MX has none",
          "[mta_sts][rfc5321-5.1][rfc7505]") {
  const std::string own = R"("example.org": {"A": ["192.0.2.1"]}, "_25._tcp.example.org": )";
  CHECK(look_up(own + usable).why);
  CHECK_FALSE(look_up(own + R"({"TLSA": []})").why);
  const auto null_mx =
      look_up(R"("example.org": {"MX": [[0, ""]]}, "_25._tcp.example.org": )" + usable);
  CHECK_FALSE(null_mx.why);
  CHECK(null_mx.asked.size() == 1);
  CHECK(look_up(R"("other.example": {})").asked.size() == 1);  // there is no such domain
}

TEST_CASE("left_to_dane: of many hosts the first ones are asked", "[mta_sts][security]") {
  std::string hosts;
  for (int i = 99; i >= 10; --i) {
    hosts += (hosts.empty() ? "[" : ", [") + std::to_string(i) + ", \"h" + std::to_string(i) +
             ".example.net\"]";
  }
  const auto done = look_up("\"example.org\": {\"MX\": [" + hosts + "]}");
  CHECK(done.asked.size() == 1 + max_dane_hosts);
  CHECK(done.asked.back().name == "_25._tcp.h19.example.net");
  const std::string longest = std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                              std::string(60, 'c') + "." + std::string(62, 'd');
  CHECK(look_up("\"example.org\": {\"MX\": [[10, \"" + longest + "\"]]}").asked.size() == 1);
}

TEST_CASE("is_usable: what SMTP can compare", "[mta_sts][rfc7672-3.1]") {
  CHECK(is_usable({3, 1, 1, 32}));
  CHECK(is_usable({2, 0, 1, 32}));
  CHECK(is_usable({3, 0, 2, 64}));
  CHECK(is_usable({2, 1, 0, 900}));
  for (const dns::TlsaRecord& record : std::initializer_list<dns::TlsaRecord>{{0, 1, 1, 32},
                                                                              {1, 1, 1, 32},
                                                                              {4, 1, 1, 32},
                                                                              {255, 1, 1, 32},
                                                                              {3, 2, 1, 32},
                                                                              {3, 1, 3, 32},
                                                                              {3, 1, 1, 31},
                                                                              {3, 1, 1, 64},
                                                                              {3, 1, 2, 32},
                                                                              {3, 1, 0, 0}}) {
    CHECK_FALSE(is_usable(record));
  }
}

}  // namespace
}  // namespace postern::mta_sts
