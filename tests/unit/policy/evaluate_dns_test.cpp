// Conditions that ask DNS and the store: SPF, HELO, PTR, DNS lists, reputation; and their failures.
#include "tests/unit/policy/scene.hpp"

namespace postern::policy {
namespace {

const std::string zone = R"({
  "example.org": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
  "_dmarc.example.org": {"TXT": ["v=DMARC1; p=none"]},
  "mx.example.org": {"A": ["192.0.2.25"]},
  "25.2.0.192.in-addr.arpa": {"PTR": ["mx.example.org"]},
  "26.2.0.192.in-addr.arpa": {"PTR": ["liar.example.org"]},
  "28.2.0.192.in-addr.arpa": {"PTR": "SERVFAIL"},
  "liar.example.org": {"A": ["198.51.100.1"]},
  "broken.example": {"A": "SERVFAIL", "AAAA": "SERVFAIL", "TXT": "TIMEOUT"},
  "53.2.100.7.list.example": {"A": ["127.0.0.2"]},
  "7.100.2.53.list.example": {"A": ["127.0.0.2"]}
})";

std::string rule(const std::string& conditions) {
  return "[policy]\nrules = [\"a\"]\n[policy.rule.\"a\"]\naction = \"REJECT {why}\"\n" + conditions;
}

TEST_CASE("evaluate: SPF", "[policy]") {
  const auto [conditions, sender, client, matches] =
      GENERATE(table<std::string, std::string, std::string, bool>({
          {"spf = [\"pass\"]", "a@example.org", "192.0.2.25", true},
          {"spf = [\"fail\"]", "a@example.org", "192.0.2.25", false},
          {"spf = [\"fail\"]", "a@example.org", "198.51.100.1", true},
          {"spf = [\"fail\"]\nnegate = [\"spf\"]", "a@example.org", "192.0.2.25", true},
          {"spf = [\"none\"]", "a@mx.example.org", "192.0.2.25", true},
          {"spf_helo = [\"none\"]", "a@example.org", "192.0.2.25", true},
          {"spf = [\"none\"]", "", "192.0.2.25", true},
          {"spf = [\"pass\", \"none\", \"fail\"]", "a@broken.example", "192.0.2.25", false},
          {"spf = [\"pass\"]\nnegate = [\"spf\"]", "a@broken.example", "192.0.2.25", false},
      }));
  INFO(conditions << " " << sender);
  Scene scene(rule(conditions), zone);
  scene.request.rfc5321_mail_from = sender;
  scene.request.client_address = *parse_ip_address(client);
  CHECK(scene.decide().rule == (matches ? "a" : ""));
}

TEST_CASE("evaluate: what the client calls itself", "[policy]") {
  const auto [helo, word] = GENERATE(table<std::string, std::string>({
      {"mx.example.org", "resolves"},
      {"MX.Example.Org.", "resolves"},
      {"", "missing"},
      {"[192.0.2.25]", "literal"},
      {"192.0.2.25", "literal"},
      {"[IPv6:2001:db8::1]", "literal"},
      {"localhost", "unqualified"},
      {"a b", "unqualified"},
      {"mx.home.example", "own"},
      {"MX.HOME.example.", "own"},
      {"home.example", "own"},
      {"nowhere.example.org", "unresolved"},
  }));
  INFO(helo);
  Scene scene(rule("helo = [\"" + word + "\"]"), zone);
  scene.policy.settings.server.own_names.domains = {"home.example"};
  scene.request.helo_name = helo;
  CHECK(scene.decide().rule == "a");
}

TEST_CASE("evaluate: a HELO that DNS cannot say anything about is unknown", "[policy]") {
  Scene scene(rule("helo = [\"resolves\"]\nnegate = [\"helo\"]"), zone);
  scene.request.helo_name = "broken.example";
  const Decision decision = scene.decide();
  CHECK(decision.rule.empty());
  REQUIRE(decision.failures.size() == 1);
  CHECK(decision.failures[0] == "a: helo is unknown: DNS fails for HELO");
}

TEST_CASE("evaluate: the client's name is looked up when Postfix has none", "[policy]") {
  const auto [client, word] = GENERATE(table<std::string, std::string>({
      {"192.0.2.25", "confirmed"},  // Postfix was out of luck
      {"192.0.2.26", "unconfirmed"},
      {"192.0.2.27", "missing"},
  }));
  INFO(client);
  Scene scene(rule("ptr = [\"" + word + "\"]"), zone);
  scene.request.client_name.clear();
  scene.request.client_address = *parse_ip_address(client);
  CHECK(scene.decide().rule == "a");
  scene.request.client_address = *parse_ip_address("192.0.2.28");
  CHECK(scene.decide().rule.empty());
}

TEST_CASE("evaluate: DNS lists", "[policy]") {
  const std::string list = "\n[dnslist.zone.\"list.example\"]\nweight = 3\n";
  Scene scene(rule("dnslist_at_least = 3" + list), zone);
  scene.request.client_address = *parse_ip_address("53.2.100.7");
  const Decision decision = scene.decide();
  CHECK(decision.rule == "a");
  CHECK(decision.facts == std::vector<std::pair<std::string, std::string>>{{"dnslist", "3"}});
  scene.request.client_address = *parse_ip_address("53.2.100.8");
  CHECK(scene.decide().rule.empty());
  CHECK(scene.trace_of("a") == "no match: dnslist_at_least does not hold");
}

TEST_CASE("evaluate: with a DNS list that fails, only a score that is reached counts", "[policy]") {
  const std::string lists =
      "\n[dnslist.zone.\"list.example\"]\nweight = 3\n[dnslist.zone.\"broken.example\"]\n"
      "weight = 3\n";
  const auto [conditions, listed, matches] = GENERATE(table<std::string, bool, bool>({
      {"dnslist_at_least = 3", true, true},
      {"dnslist_at_least = 3", false, false},
      {"dnslist_at_least = 3\nnegate = [\"dnslist_at_least\"]", false, false},
      {"dnslist_at_most = 0", false, false},
  }));
  INFO(conditions << " " << listed);
  Scene scene(rule(conditions + lists),
              R"({"7.100.2.53.list.example": {"A": ["127.0.0.2"]},
                  "7.100.2.53.broken.example": {"SERVFAIL": true},
                  "8.100.2.53.broken.example": {"SERVFAIL": true}})");
  scene.request.client_address = *parse_ip_address(listed ? "53.2.100.7" : "53.2.100.8");
  const Decision decision = scene.decide();
  CHECK(decision.rule == (matches ? "a" : ""));
  REQUIRE_FALSE(decision.failures.empty());
  CHECK(decision.failures.back().starts_with("dnslist: broken.example"));
}

TEST_CASE("evaluate: reputation", "[policy]") {
  Scene scene(rule("reputation_below = \"-0.5\""), zone);
  CHECK(scene.decide().rule.empty());
  const auto subjects =
      reputation::subjects_of(*scene.request.client_address, "mx.example.org", "");
  for (const auto& subject : subjects) {
    const std::vector<store::Operation> learn = {store::Accumulate{reputation::key_of(subject),
                                                                   {0.0, 100.0},
                                                                   std::chrono::hours(336),
                                                                   std::chrono::hours(999)}};
    REQUIRE(scene.store.run(learn, scene.now).has_value());
  }
  CHECK(scene.decide().rule == "a");
  scene.store_failed = true;
  const Decision decision = scene.decide();
  CHECK(decision.rule.empty());
  CHECK(decision.failures ==
        std::vector<std::string>{"a: reputation_below is unknown: the store fails"});
  scene.store_failed = false;
  scene.policy.reputation_enabled = false;
  CHECK(scene.decide().rule.empty());
}

TEST_CASE("evaluate: with DNS silent, no rule that needs it matches", "[policy]") {
  for (const char* conditions :
       {"spf = [\"pass\"]", "spf = [\"pass\"]\nnegate = [\"spf\"]", "helo = [\"unresolved\"]",
        "ptr = [\"missing\"]", "ptr = [\"confirmed\"]\nnegate = [\"ptr\"]"}) {
    INFO(conditions);
    Scene scene(rule(conditions), zone);
    scene.request.client_name.clear();
    scene.dns_failed = true;
    CHECK(scene.decide().rule.empty());
  }
}

TEST_CASE("evaluate: conditions of all rules are asked at once", "[policy]") {
  Scene scene(
      "[policy]\nrules = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n"
      "[policy.rule.\"a\"]\nspf = [\"fail\"]\naction = \"REJECT\"\n"
      "[policy.rule.\"b\"]\nhelo = [\"unresolved\"]\naction = \"REJECT\"\n"
      "[policy.rule.\"c\"]\nreputation_below = -1\naction = \"REJECT\"\n"
      "[policy.rule.\"d\"]\naction = \"DUNNO\"\n"
      "[policy.rule.\"e\"]\nspf_helo = [\"fail\"]\naction = \"REJECT\"\n",
      zone);
  const Decision decision = scene.decide();
  CHECK(decision.rule == "d");
  CHECK(scene.rounds <= 2);
  // Nothing for the rule that cannot be reached: TXT of the sender, A and AAAA of HELO.
  CHECK(scene.questions == 3);
}

TEST_CASE("evaluate: what a cheap condition rules out is not asked", "[policy]") {
  Scene scene(rule("sender = [\"<>\"]\nspf = [\"fail\"]\nreputation_below = 0"), zone);
  scene.decide();
  CHECK(scene.rounds == 0);
}

TEST_CASE("evaluate: limits wait for the rules before them", "[policy]") {
  Scene scene(
      "[policy]\nrules = [\"a\", \"b\"]\n"
      "[policy.rule.\"a\"]\nspf = [\"pass\"]\naction = \"DUNNO\"\n"
      "[policy.rule.\"b\"]\naction = \"limit:l\"\n"
      "[policy.limit.\"l\"]\nkey = [\"sender\"]\namount = 1\nstate = \"RCPT\"\n",
      zone);
  for (int i = 0; i < 5; ++i) {
    scene.request.instance = std::to_string(i);
    CHECK(scene.decide().rule == "a");
  }
  CHECK(scene.operations == 0);  // nothing was taken
}

TEST_CASE("evaluate: a name with U-labels is asked as A-labels", "[policy]") {
  Scene scene(rule("spf = [\"pass\"]"),
              R"({"xn--bcher-kva.example": {"TXT": ["v=spf1 ip4:192.0.2.25 -all"]}})");
  scene.request.rfc5321_mail_from =
      "a@b\xc3\xbc"
      "cher.example";
  CHECK(scene.decide().rule.empty());
  scene.policy.to_ascii = [](std::string_view name) -> std::optional<std::string> {
    if (name ==
        "b\xc3\xbc"
        "cher.example")
      return "xn--bcher-kva.example";
    return std::nullopt;
  };
  CHECK(scene.decide().rule == "a");
}

}  // namespace
}  // namespace postern::policy
