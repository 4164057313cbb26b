#include "lib/mta_sts/evaluate.hpp"

#include <algorithm>

#include "lib/dns/zone.hpp"
#include "lib/mta_sts/entry.hpp"
#include "tests/support/catch.hpp"

namespace postern::mta_sts {
namespace {

using namespace std::chrono_literals;

const store::Time start{1'800'000'000'000ms};
constexpr std::string_view good_policy =
    "version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 86400\r\n";
constexpr const char* secure = "secure match=mx.example.org servername=hostname";

std::string zone_with(const std::string& texts) {
  return R"({"_mta-sts.example.org": {"TXT": [)" + texts +
         R"(]}, "mta-sts.example.org": {"A": ["192.0.2.1", "10.0.0.1"], "AAAA": ["2001:db8::1"]}})";
}
const std::string one_id = zone_with(R"("v=STSv1; id=a1;")");

// Does what the daemon does: asks, reads, fetches, writes.
struct Daemon {
  dns::Zone zone;
  std::optional<std::string> kept;  // what the store holds
  std::optional<FetchResult> web;   // what a fetch gives
  dns::Security security = dns::Security::indeterminate;
  store::Time now = start;
  Options options{};

  unsigned fetches = 0;
  Fetch last_fetch{};
  dns::Questions asked{};

  Outcome ask(const std::string& nexthop, bool refresh = false) {
    dns::Answers answers;
    store::Known known;
    const FetchResult* fetched = nullptr;
    for (int round = 0; round < 5; ++round) {
      const Evaluation evaluation =
          evaluate({nexthop, refresh}, options, answers, known, fetched, now);
      if (const auto* outcome = std::get_if<Outcome>(&evaluation)) {
        for (const auto& write : outcome->writes) kept = std::get<store::Put>(write).value;
        return *outcome;
      }
      const auto& needs = std::get<Needs>(evaluation);
      REQUIRE((!needs.questions.empty() || !needs.operations.empty() || needs.fetch.has_value()));
      for (const auto& question : needs.questions) {
        dns::Answer answer = zone.lookup(question);
        answer.security = security;
        asked.push_back(question);
        answers.add(question, answer);
      }
      for (const auto& operation : needs.operations) known.add(operation, store::Value{kept});
      if (needs.fetch) {
        CHECK((needs.questions.empty() && needs.operations.empty()));
        ++fetches;
        last_fetch = *needs.fetch;
        REQUIRE(web);
        fetched = &*web;
      }
    }
    FAIL("does not end");
    return {};
  }
};

Daemon daemon_with(const std::string& json, std::optional<FetchResult> web = std::nullopt) {
  const auto zone = dns::parse_zone(json);
  if (!zone) FAIL(zone.error().owner + ": " + std::string(zone.error().problem));
  return Daemon{*zone, std::nullopt, std::move(web)};
}
FetchResult body(std::string_view text) {
  return std::string(text);
}
FetchResult failure() {
  return Unexpected<std::string>("no answer in time");
}

TEST_CASE("evaluate: fetched once, then kept", "[mta_sts][rfc8461-5.1]") {
  Daemon daemon = daemon_with(one_id, body(good_policy));
  CHECK(daemon.ask("Example.ORG.").value == secure);
  CHECK(daemon.fetches == 1);
  CHECK(daemon.last_fetch.domain == "example.org");
  CHECK(daemon.last_fetch.url == "https://mta-sts.example.org/.well-known/mta-sts.txt");
  // Only addresses of the Internet.
  CHECK(daemon.last_fetch.addresses ==
        std::vector<IpAddress>{parse_ip_address("2001:db8::1").value(),
                               parse_ip_address("192.0.2.1").value()});
  daemon.now += 1h;
  const Outcome again = daemon.ask("example.org");
  CHECK(again.value == secure);
  CHECK(again.writes.empty());
  CHECK_FALSE(again.refresh);
  CHECK(daemon.fetches == 1);
}

TEST_CASE("evaluate: keys that are no domain", "[mta_sts]") {
  const auto key =
      GENERATE(as<std::string>{}, "[mx.example.org]", "example.org:587", "[mx.example.org]:587",
               ".example.org", "localhost", "192.0.2.1", "", "a b.example", "a..b", "2001:db8::1",
               std::string(62, 'a') + "." + std::string(62, 'b') + "." + std::string(62, 'c') +
                   "." + std::string(60, 'd'));
  Daemon daemon = daemon_with("{}");
  CHECK_FALSE(daemon.ask(key).value);
  CHECK(daemon.asked.empty());
}

TEST_CASE("evaluate: records that count as none", "[mta_sts][rfc8461-3.1]") {
  const std::string json =
      GENERATE(std::string("{}"), zone_with(R"("v=STSv1; id=a1", "v=STSv1; id=a1")"),
               zone_with(R"("v=STSv1; id=")"), zone_with(R"("something else")"),
               std::string(R"({"_mta-sts.example.org": {"TXT": "TIMEOUT"}})"),
               std::string(R"({"_mta-sts.example.org": {"TXT": "SERVFAIL"}})"));
  Daemon daemon = daemon_with(json);
  CHECK_FALSE(daemon.ask("example.org").value);
  // A policy that is in force stays so (RFC 8461 §5.1).
  daemon.kept = format(Entry{"a1", parse_policy(good_policy).value(), start, {}, {}});
  const Outcome outcome = daemon.ask("example.org");
  CHECK(outcome.value == secure);
  CHECK(outcome.why.find("(kept; ") != std::string::npos);
  daemon.now += 24h;
  CHECK_FALSE(daemon.ask("example.org").value);
  CHECK(daemon.fetches == 0);
}

TEST_CASE("evaluate: records of others beside it do not matter", "[mta_sts]") {
  Daemon daemon =
      daemon_with(zone_with(R"("x", "v=STSv1; id=a1", "v=STSv2; id=b")"), body(good_policy));
  CHECK(daemon.ask("example.org").value == secure);
}

TEST_CASE("evaluate: a failed fetch is no policy, and is not repeated at once",
          "[mta_sts][rfc8461-3.3]") {
  const FetchResult web = GENERATE(values<FetchResult>(
      {failure(), body(""), body("version: STSv1\nmode: enforce\nmax_age: 1\n")}));
  Daemon daemon = daemon_with(one_id, web);
  const Outcome first = daemon.ask("example.org");
  CHECK_FALSE(first.value);
  CHECK(first.writes.size() == 1);
  daemon.now += 4min;
  CHECK_FALSE(daemon.ask("example.org").value);
  CHECK(daemon.fetches == 1);
  daemon.now += 1min;
  daemon.web = body(good_policy);
  CHECK(daemon.ask("example.org").value == secure);
  CHECK(daemon.fetches == 2);
}

TEST_CASE("evaluate: a new id fetches a new policy; failures keep the old one",
          "[mta_sts][rfc8461-5.1]") {
  Daemon daemon = daemon_with(zone_with(R"("v=STSv1; id=b2")"), failure());
  daemon.kept = format(Entry{"a1", parse_policy(good_policy).value(), start, {}, {}});
  const Outcome kept = daemon.ask("example.org");
  CHECK(kept.value == secure);
  CHECK(kept.why == "policy a1, mode enforce (kept; no answer in time)");
  CHECK(daemon.ask("example.org").value == secure);
  CHECK(daemon.fetches == 1);
  daemon.now += 24h;  // max_age is over
  CHECK_FALSE(daemon.ask("example.org").value);
  CHECK(daemon.fetches == 2);
  daemon.now += 1h;
  daemon.web = body("version: STSv1\nmode: none\nmax_age: 86400\n");
  CHECK(daemon.ask("example.org").why == "policy b2, mode none");
  CHECK(parse_entry(daemon.kept.value())->failed_id.empty());
}

TEST_CASE("evaluate: withdrawn and tested policies give no answer", "[mta_sts][rfc8461-5]") {
  const std::string text =
      GENERATE(std::string("version: STSv1\nmode: none\nmax_age: 86400\n"),
               std::string("version: STSv1\nmode: testing\nmx: mx.example.org\nmax_age: 86400\n"),
               std::string("version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 0\n"));
  Daemon daemon = daemon_with(one_id, body(text));
  const Outcome outcome = daemon.ask("example.org");
  CHECK_FALSE(outcome.value);
  CHECK_FALSE(outcome.why.empty());
}

TEST_CASE("evaluate: refresh in the background", "[mta_sts]") {
  Daemon daemon = daemon_with(one_id, body(good_policy));
  daemon.kept = format(Entry{"a1", parse_policy(good_policy).value(), start, {}, {}});
  daemon.now += 13h;
  CHECK(daemon.ask("example.org").refresh);
  CHECK(daemon.fetches == 0);
  CHECK(daemon.ask("example.org", true).value == secure);
  CHECK(daemon.fetches == 1);
  CHECK(parse_entry(daemon.kept.value())->fetched == daemon.now);
  CHECK_FALSE(daemon.ask("example.org").refresh);
}

TEST_CASE("evaluate: a refresh that fails leaves the policy and waits", "[mta_sts]") {
  Daemon daemon = daemon_with(one_id, failure());
  daemon.kept = format(Entry{"a1", parse_policy(good_policy).value(), start, {}, {}});
  daemon.now += 13h;
  CHECK(daemon.ask("example.org", true).value == secure);
  const Outcome next = daemon.ask("example.org");
  CHECK(next.value == secure);
  CHECK_FALSE(next.refresh);
  CHECK(daemon.ask("example.org", true).value == secure);
  CHECK(daemon.fetches == 1);
  daemon.now += 6min;
  CHECK(daemon.ask("example.org").refresh);
}

TEST_CASE("evaluate: a policy host without public addresses is a failure", "[mta_sts][security]") {
  Daemon daemon = daemon_with(R"({"_mta-sts.example.org": {"TXT": ["v=STSv1; id=a1"]},
                                  "mta-sts.example.org": {"A": ["127.0.0.1"]}})");
  const Outcome outcome = daemon.ask("example.org");
  CHECK_FALSE(outcome.value);
  CHECK(daemon.fetches == 0);
  CHECK(outcome.why.find("no public address") != std::string::npos);
  daemon.now += 6min;
  daemon.options.wants_addresses = false;
  daemon.web = body(good_policy);
  CHECK(daemon.ask("example.org").value == secure);
  CHECK(daemon.last_fetch.addresses.empty());
}

TEST_CASE("evaluate: many addresses are cut, both families stay", "[mta_sts]") {
  std::string v4;
  std::string v6;
  for (int i = 1; i <= 20; ++i) {
    v4 += (i > 1 ? ",\"192.0.2." : "\"192.0.2.") + std::to_string(i) + "\"";
    v6 += (i > 1 ? ",\"2001:db8::" : "\"2001:db8::") + std::to_string(i) + "\"";
  }
  Daemon daemon = daemon_with(R"({"_mta-sts.example.org": {"TXT": ["v=STSv1; id=a1"]},
                                  "mta-sts.example.org": {"A": [)" +
                                  v4 + R"(], "AAAA": [)" + v6 + "]}}",
                              body(good_policy));
  CHECK(daemon.ask("example.org").value == secure);
  const auto& addresses = daemon.last_fetch.addresses;
  CHECK(addresses.size() == max_fetch_addresses);
  CHECK(std::count_if(addresses.begin(), addresses.end(),
                      [](const IpAddress& ip) { return ip.is_v4(); }) == max_fetch_addresses / 2);
}

TEST_CASE("evaluate: domains with TLSA records are left to DANE where the operator says so",
          "[mta_sts][rfc8461-2]") {
  const std::string zone = R"({"_mta-sts.example.org": {"TXT": ["v=STSv1; id=a1"]},
                               "mta-sts.example.org": {"A": ["192.0.2.1"]},
                               "example.org": {"MX": [[10, "mx.example.org"]]})";
  const std::string tlsa =
      R"(, "_25._tcp.mx.example.org": {"TLSA": [[3, 1, 1, ")" + std::string(64, '0') + R"("]]}})";
  Daemon daemon = daemon_with(zone + tlsa, body(good_policy));
  daemon.security = dns::Security::secure;
  CHECK(daemon.ask("example.org").value == secure);
  daemon.options.dane = true;
  const Outcome left = daemon.ask("example.org");
  CHECK_FALSE(left.value);
  CHECK(left.why == "a mail host has TLSA records: left to DANE");
  daemon.security = dns::Security::insecure;
  CHECK(daemon.ask("example.org").value == secure);

  // Signed MX records alone say nothing of how TLS is to be checked.
  Daemon without = daemon_with(zone + "}", body(good_policy));
  without.security = dns::Security::secure;
  without.options.dane = true;
  CHECK(without.ask("example.org").value == secure);
  CHECK(without.fetches == 1);
}

TEST_CASE("evaluate: foreign values in the store are none", "[mta_sts][security]") {
  Daemon daemon = daemon_with(one_id, body(good_policy));
  daemon.kept = "something else";
  CHECK(daemon.ask("example.org").value == secure);
  CHECK(daemon.fetches == 1);
}

}  // namespace
}  // namespace postern::mta_sts
