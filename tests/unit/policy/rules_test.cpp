// Conditions of rules over what Postfix says, tables, and what is not known at a state.
#include <functional>

#include "tests/unit/policy/scene.hpp"

namespace postern::policy {
namespace {

using Change = std::function<void(Request&)>;

// The answer of one rule "a" with these conditions; "DUNNO" when it does not match.
std::string answer_of(const std::string& conditions, const Change& change = {}) {
  Scene scene("[policy]\nrules = [\"a\"]\n[policy.rule.\"a\"]\naction = \"REJECT\"\n" + conditions);
  scene.add_table("/t", "192.0.2.0/24\n.example.org\nexample.net\n");
  if (change) change(scene.request);
  return scene.action();
}

TEST_CASE("evaluate: conditions about what Postfix says", "[policy]") {
  const auto [conditions, matches] = GENERATE(table<std::string, bool>({
      {"", true},
      {"state = [\"RCPT\", \"MAIL\"]", true},
      {"state = [\"MAIL\"]", false},
      {"context = [\"in\"]", false},
      {"context = [\"\"]", true},
      {"authenticated = \"no\"", true},
      {"authenticated = \"yes\"", false},
      {"login = [\"alice\"]", false},
      {"client = [\"192.0.2.0/24\"]", true},
      {"client = [\"192.0.2.0/24\", \"!192.0.2.25\"]", false},
      {"client = [\".example.org\"]", true},
      {"client_table = \"/t\"", true},
      {"client_table = \"/absent\"", false},
      {"client_table = \"/absent\"\nnegate = [\"client_table\"]", false},
      {"sender = [\"alice@example.org\"]", true},
      {"sender = [\"<>\"]", false},
      {"sender_table = \"/t\"", false},
      {"recipient_table = \"/t\"", true},
      {"recipient = [\"bob@\"]", true},
      {"recipient = [\"bob@\"]\nnegate = [\"recipient\"]", false},
      {"recipient = [\"eve@\"]\nnegate = [\"recipient\"]", true},
      {"ptr = [\"confirmed\"]", true},
      {"ptr = [\"missing\", \"unconfirmed\"]", false},
      {"country = []", true},
      {"client = [\"192.0.2.0/24\"]\nsender = [\"<>\"]", false},
  }));
  INFO(conditions);
  CHECK(answer_of(conditions) == (matches ? "REJECT" : "DUNNO"));
}

TEST_CASE("evaluate: what is not known at a state does not match, negated or not", "[policy]") {
  const auto [conditions, state, matches] = GENERATE(table<std::string, State, bool>({
      {"recipient = [\"bob@\"]", State::mail, false},
      {"recipient = [\"bob@\"]\nnegate = [\"recipient\"]", State::mail, false},
      {"recipient = [\"bob@\"]\nnegate = [\"recipient\"]", State::end_of_message, false},
      {"sender = [\"<>\"]", State::connect, false},
      {"sender = [\"<>\"]", State::mail, true},
      {"sender = [\"a@b\"]\nnegate = [\"sender\"]", State::helo, false},
      {"authenticated = \"no\"", State::connect, false},
      {"authenticated = \"no\"", State::ehlo, false},
      {"authenticated = \"no\"", State::mail, true},
      {"login = [\"x\"]\nnegate = [\"login\"]", State::connect, false},
      {"helo = [\"missing\"]", State::connect, false},
      {"helo = [\"missing\"]", State::mail, true},
  }));
  INFO(conditions);
  const State at = state;
  CHECK(answer_of(conditions, [at](Request& request) {
          request.state = at;
          request.helo_name.clear();
          request.rfc5321_mail_from.clear();
          request.recipient.clear();
        }) == (matches ? "REJECT" : "DUNNO"));
}

TEST_CASE("evaluate: logins in any case", "[policy]") {
  const Change logged_in = [](Request& request) { request.sasl_username = "Alice"; };
  CHECK(answer_of("login = [\"aLICE\"]", logged_in) == "REJECT");
  CHECK(answer_of("authenticated = \"yes\"", logged_in) == "REJECT");
  CHECK(answer_of("authenticated = \"no\"", logged_in) == "DUNNO");
}

TEST_CASE("evaluate: countries from a function of the caller", "[policy]") {
  Scene scene(
      "[policy]\nrules = [\"a\"]\ncountry_file = \"/x\"\n"
      "[policy.rule.\"a\"]\ncountry = [\"AQ\"]\naction = \"REJECT\"\n");
  CHECK(scene.action() == "DUNNO");
  CHECK(scene.trace_of("a") == "unknown: country is unknown: no country is known");
  std::string country = "AQ";
  scene.policy.country = [&](const IpAddress&) { return country; };
  CHECK(scene.action() == "REJECT");
  country = "";
  CHECK(scene.action() == "DUNNO");
}

TEST_CASE("evaluate: the first rule that answers decides", "[policy]") {
  Scene scene(
      "[policy]\nrules = [\"look\", \"friends\", \"no\"]\n"
      "[policy.rule.\"look\"]\naction = \"none\"\n"
      "[policy.rule.\"friends\"]\nclient = [\"192.0.2.25\"]\naction = \"DUNNO\"\n"
      "[policy.rule.\"no\"]\naction = \"554 5.7.1 {client_address} {helo_name} {rule}\"\n");
  CHECK(scene.decide().rule == "friends");
  CHECK(scene.trace_of("look") == "went on: ");
  CHECK(scene.trace_of("friends") == "decided: all conditions hold");
  CHECK(scene.trace_of("no") == "not reached: ");
  scene.request.client_address = *parse_ip_address("192.0.2.26");
  scene.request.helo_name = "a b\"action=OK";
  const Decision decision = scene.decide();
  CHECK(decision.rule == "no");
  CHECK(decision.action == "554 5.7.1 192.0.2.26 a?b?action?OK no");
  CHECK(scene.trace_of("friends") == "no match: client does not hold");
}

TEST_CASE("evaluate: a rule with PREPEND is passed over at END-OF-MESSAGE", "[policy]") {
  Scene scene("[policy]\nrules = [\"a\"]\n[policy.rule.\"a\"]\naction = \"PREPEND X-A: b\"\n");
  CHECK(scene.action() == "PREPEND X-A: b");
  scene.request.state = State::end_of_message;
  CHECK(scene.action() == "DUNNO");
  CHECK(scene.trace_of("a") == "went on: Postfix takes no such action at this state");
}

TEST_CASE("evaluate: in observe mode the answer is DUNNO, and what was wanted is said",
          "[policy]") {
  Scene scene("[policy]\nrules = [\"a\"]\n[policy.rule.\"a\"]\naction = \"REJECT\"\n");
  scene.enforce({});
  const Decision decision = scene.decide();
  CHECK(decision.action == "DUNNO");
  CHECK(decision.wanted == "REJECT");
  CHECK(decision.rule == "a");
}

TEST_CASE("fail_decision: what the operator chose", "[policy]") {
  Scene scene("[policy]\nfail = \"451 4.3.0 {why} {sender}\"\n");
  const Decision decision = fail_decision(scene.request, scene.policy, "no\nanswer");
  CHECK(decision.action == "451 4.3.0 no?answer alice@example.org");
  CHECK(decision.rule.empty());
  CHECK(fail_decision({}, Scene().policy, "x").action == "DUNNO");
}

TEST_CASE("evaluate: requests without anything in them are answered", "[policy]") {
  for (const State state : {State::unknown, State::connect, State::helo, State::mail, State::rcpt,
                            State::data, State::end_of_message, State::vrfy, State::etrn}) {
    Scene scene;
    scene.request = Request();
    scene.request.state = state;
    INFO(to_word(state));
    CHECK(scene.action() == "DUNNO");
  }
}

}  // namespace
}  // namespace postern::policy
