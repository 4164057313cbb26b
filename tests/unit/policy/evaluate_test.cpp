// The rules of a server without configuration, from the first message of a stranger to a stolen
// account.
#include <algorithm>

#include "lib/base/ascii.hpp"
#include "lib/greylist/records.hpp"
#include "lib/ratelimit/brake_state.hpp"
#include "tests/unit/policy/scene.hpp"

namespace postern::policy {
namespace {

using namespace std::chrono_literals;

const std::string dns_zone = R"({
  "provider.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"]},
  "mail.provider.example": {"TXT": ["v=spf1 include:provider.example -all"]},
  "_dmarc.provider.example": {"TXT": ["v=DMARC1; p=reject"]},
  "out7.provider.example": {"A": ["192.0.2.25"]},
  "out8.provider.example": {"A": ["198.51.100.8"]}
})";

// Mail of a large provider to a user of ours.
struct Inbound : Scene {
  Inbound() : Scene("", dns_zone) {
    request.client_name = request.helo_name = "out7.provider.example";
    request.rfc5321_mail_from = "login-code-4711@mail.provider.example";
  }
};

// Something that is no mail server.
struct Bot : Scene {
  Bot() : Scene("", dns_zone) {
    request.client_name.clear();
    request.helo_name = "[203.0.113.9]";
    request.client_address = *parse_ip_address("203.0.113.9");
    request.rfc5321_mail_from = "alice@bank.example";
  }
};

// A user with a login.
struct Submission : Scene {
  Submission() {
    request.sasl_username = "alice";
    request.client_name.clear();
    request.helo_name = "[10.9.8.7]";
  }
};

TEST_CASE("evaluate: a login code of a provider nobody knows is never held", "[policy]") {
  Inbound scene;
  const Decision decision = scene.decide();
  CHECK(decision.action == "DUNNO");
  CHECK(decision.why == "greylist: not suspicious");
  CHECK(decision.rule.empty());
}

TEST_CASE("evaluate: with DNS silent, a login code is not held", "[policy]") {
  Inbound scene;
  scene.dns_failed = true;
  CHECK(scene.action() == "DUNNO");
}

TEST_CASE("evaluate: a bot is put off, and let in when it comes again", "[policy]") {
  Bot scene;
  const Decision first = scene.decide();
  CHECK(first.action == "DEFER_IF_PERMIT 4.7.1 Greylisted, please try again in 4 minutes");
  CHECK(first.rule == "greylist");
  CHECK(first.why == "first attempt of net:203.0.113.0/24 (no PTR record, HELO is an address)");
  REQUIRE(first.greylist.has_value());
  CHECK(first.greylist->is_held);
  scene.now += 3min + 30s;
  CHECK(scene.action() == "DEFER_IF_PERMIT 4.7.1 Greylisted, please try again in 30 seconds");
  scene.now += 5min;
  CHECK(scene.action() == "DUNNO");
}

TEST_CASE("evaluate: fifty questions at once about one triplet get one answer", "[policy]") {
  Bot scene;
  for (int i = 0; i < 50; ++i) CHECK(scene.action().starts_with("DEFER_IF_PERMIT"));
  scene.now += 5min;
  for (int i = 0; i < 50; ++i) CHECK(scene.action() == "DUNNO");
}

TEST_CASE("evaluate: greylisting looks only at strangers and their recipients", "[policy]") {
  Bot scene;
  SECTION("postmaster") {
    scene.request.recipient = "Postmaster@home.example";
  }
  SECTION("no recipient") {
    scene.request.recipient.clear();
  }
  SECTION("earlier") {
    scene.request.state = State::mail;
  }
  SECTION("later") {
    scene.request.state = State::end_of_message;
  }
  SECTION("our own network") {
    scene.request.client_address = *parse_ip_address("10.1.2.3");
  }
  SECTION("no address") {
    scene.request.client_address.reset();
  }
  SECTION("login") {
    scene.request.sasl_username = "alice";
  }
  CHECK(scene.action() == "DUNNO");
  std::string cursor;
  CHECK(scene.store.scan(greylist::triplet_prefix, cursor, 10, scene.now)->empty());
}

TEST_CASE("evaluate: greylisting asks for no more than it decides by", "[policy]") {
  Bot bot;
  bot.load("[greylist]\nwhen = \"always\"");
  bot.request.helo_name = "mx.bot.example";
  CHECK(bot.decide().why == "first attempt of net:203.0.113.0/24");
  // The client's PTR, the sender's SPF, and the organization of its domain, but not HELO; who is
  // known, and the triplet, but not reputation.
  CHECK(bot.questions == 4);
  CHECK(bot.operations == 3);
  Inbound passing;
  passing.load("[greylist]\nwhen = \"always\"");
  CHECK(passing.decide().why == "first attempt of spf:provider.example");
  CHECK(passing.evaluation.decision->facts.back().first == "reputation");
}

TEST_CASE("evaluate: those our users wrote to are expected", "[policy]") {
  Bot scene;
  scene.request.sasl_username = "bob";
  scene.request.rfc5321_mail_from = "bob@home.example";
  scene.request.recipient = "alice@bank.example";
  CHECK(scene.action() == "DUNNO");
  scene.request.sasl_username.clear();
  std::swap(scene.request.rfc5321_mail_from, scene.request.recipient);
  const Decision decision = scene.decide();
  CHECK(decision.action == "DUNNO");
  CHECK(decision.why == "greylist: our users wrote to the sender");
}

TEST_CASE("evaluate: retries from a provider's pool pass by its SPF domain", "[policy]") {
  Inbound scene;
  scene.request.client_name.clear();  // suspicious: no PTR
  REQUIRE(scene.decide().greylist->identity == "spf:provider.example");
  scene.now += 5min;
  scene.request.client_address = *parse_ip_address("198.51.100.8");
  scene.request.rfc5321_mail_from = "login-code-4712@mail.provider.example";
  CHECK(scene.action() == "DUNNO");
}

TEST_CASE("evaluate: with the store gone, mail flows and it is said", "[policy]") {
  Bot scene;
  scene.store_failed = true;
  const Decision decision = scene.decide();
  CHECK(decision.action == "DUNNO");
  CHECK(decision.failures == std::vector<std::string>{"greylist: the store fails"});
  scene.request.sasl_username = "alice";
  CHECK(scene.decide().failures == std::vector<std::string>{"brake: the store fails"});
  scene.request.state = State::end_of_message;
  scene.request.recipient_count = 1;
  CHECK(scene.decide().failures ==
        std::vector<std::string>{"brake: the store fails", "limits: the store fails"});
}

TEST_CASE("evaluate: an evaluation that is repeated asks the same", "[policy]") {
  Bot scene;
  const dns::Answers answers;
  const store::Known known;
  const Evaluation one = evaluate(scene.request, scene.policy, {answers, known}, scene.now);
  const Evaluation two = evaluate(scene.request, scene.policy, {answers, known}, scene.now);
  CHECK(one.questions == two.questions);
  CHECK(one.operations == two.operations);
  CHECK_FALSE(one.decision.has_value());
  CHECK(std::is_sorted(one.questions.begin(), one.questions.end()));
}

TEST_CASE("evaluate: a user may send, up to the limit of the hour", "[policy]") {
  Submission scene;
  scene.policy.settings.brake.enabled = false;
  scene.request.state = State::end_of_message;
  scene.request.recipient.clear();
  scene.request.recipient_count = 100;
  for (int i = 0; i < 3; ++i) {
    scene.request.instance = "m" + std::to_string(i);
    CHECK(scene.action() == "DUNNO");
    CHECK(scene.action() == "DUNNO");  // asked twice, counted once
  }
  scene.request.instance = "more";
  const Decision decision = scene.decide();
  CHECK(decision.rule == "limits");
  CHECK(decision.limit == "login-hour");
  CHECK(decision.action.starts_with("450 4.7.1 Limit login-hour reached, try again in "));
  scene.now += 3h;
  scene.request.instance = "later";
  CHECK(scene.action() == "DUNNO");
}

TEST_CASE("evaluate: a stolen account is held, released, and denied", "[policy]") {
  Submission scene;
  int passed = 0;
  int notices = 0;
  for (int i = 0; i < 100; ++i) {
    scene.request.recipient = "victim" + std::to_string(i) + "@example.net";
    scene.request.instance = std::to_string(i);
    const Decision decision = scene.decide();
    passed += decision.action == "DUNNO" ? 1 : 0;
    notices += static_cast<int>(decision.notices.size());
  }
  CHECK(passed == 40);
  CHECK(notices == 1);
  scene.request.state = State::end_of_message;
  const Decision held = scene.decide();
  CHECK(held.rule == "brake");
  CHECK(held.action.starts_with("HOLD login stopped by the brake: login is held: 41 new"));
  REQUIRE(scene.store.run(ratelimit::release_operations("alice", scene.now), scene.now));
  CHECK(scene.action() == "DUNNO");
  REQUIRE(scene.store.run(ratelimit::deny_operations("alice", "stolen", scene.now), scene.now));
  CHECK(scene.action().starts_with("REJECT 5.7.1"));
}

TEST_CASE("evaluate: in observe mode a stolen account is only logged", "[policy]") {
  Submission scene;
  scene.enforce({});
  Decision decision;
  for (int i = 0; i < 50; ++i) {
    scene.request.recipient = "victim" + std::to_string(i) + "@example.net";
    decision = scene.decide();
    CHECK(decision.action == "DUNNO");
    CHECK(decision.notices.empty());
  }
  CHECK(decision.wanted.starts_with("HOLD"));
}

TEST_CASE("evaluate: an enforced rule answers behind one that is only observed", "[policy]") {
  Scene scene(R"(
[policy]
rules = ["first", "second", "third"]
[policy.rule."first"]
action = "REJECT first"
[policy.rule."second"]
action = "450 4.7.1 second"
[policy.rule."third"]
action = "REJECT third"
)");
  CHECK(scene.action() == "REJECT first");

  scene.enforce({"second", "third"});
  const Decision second = scene.decide();
  CHECK(second.action == "450 4.7.1 second");
  CHECK(second.wanted == "REJECT first");
  CHECK(second.rule == "first");
  CHECK(second.why == "all conditions hold; enforced second: all conditions hold");

  scene.enforce({"first"});
  CHECK(scene.action() == "REJECT first");
  scene.enforce({});
  const Decision observed = scene.decide();
  CHECK(observed.action == "DUNNO");
  CHECK(observed.wanted == "REJECT first");
  CHECK(scene.evaluation.trace[1].result == RuleTrace::Result::not_reached);
}

TEST_CASE("evaluate: an exemption holds for enforced rules, also when it is only observed",
          "[policy]") {
  Scene scene(R"(
[policy]
rules = ["partners", "second"]
[policy.rule."partners"]
action = "DUNNO"
[policy.rule."second"]
action = "REJECT second"
)");
  CHECK(scene.action() == "DUNNO");
  scene.enforce({"second"});
  CHECK(scene.action() == "DUNNO");
}

TEST_CASE("evaluate: policy.fail is the answer as soon as a rule is enforced", "[policy]") {
  Scene scene("[policy]\nfail = \"DEFER later\"");
  scene.enforce({});
  CHECK(fail_decision(scene.request, scene.policy, "no time").action == "DUNNO");
  scene.enforce({"greylist"});
  CHECK(fail_decision(scene.request, scene.policy, "no time").action == "DEFER later");
}

TEST_CASE("evaluate: nothing of a peer gets into a decision unescaped", "[policy][security]") {
  Bot scene;
  scene.request.rfc5321_mail_from = "a\nb \"action=OK\"@x\x80\x1b";
  scene.request.recipient = "bob\taction=OK@example.net";
  scene.request.helo_name = "h\r\naction=OK";
  scene.request.instance = std::string(50'000, 'i');
  const Decision decision = scene.decide();
  CHECK(decision.action.starts_with("DEFER_IF_PERMIT"));
  for (const std::string& text : {decision.action, decision.why}) {
    CHECK(text.find("action=") == std::string::npos);
    CHECK(std::all_of(text.begin(), text.end(), ascii::is_printable));
  }
}

}  // namespace
}  // namespace postern::policy
