// Scenarios of accounts that are used, used a lot, and stolen, over a store in memory.
#include "lib/ratelimit/brake.hpp"

#include "lib/ratelimit/brake_state.hpp"
#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::ratelimit {
namespace {

using namespace std::chrono_literals;
using Verdict = BrakeOutcome::Verdict;

class Scene {
 public:
  Scene() {
    const auto loaded = config::load(brake_table(), config::Document());
    REQUIRE(loaded.has_value());
    settings = *loaded;
    request.stage = Stage::rcpt;
    request.login = "alice";
    request.rfc5321_mail_from = "alice@example.org";
    request.has_sender = true;
  }

  BrakeOutcome ask() {
    store::Known known;
    for (rounds = 0; rounds < 10; ++rounds) {
      store::Wants wants(known);
      auto outcome = evaluate_brake(request, settings, enforce, wants, now);
      if (outcome) {
        run(outcome->writes);
        return *outcome;
      }
      REQUIRE_FALSE(wants.missing().empty());
      const auto results = store.run(wants.missing(), now);
      REQUIRE(results.has_value());
      for (std::size_t i = 0; i < results->size(); ++i) {
        known.add(wants.missing()[i], (*results)[i]);
      }
    }
    FAIL("asks for ever");
    return {};
  }
  BrakeOutcome send_to(const std::string& recipient) {
    request.recipient = recipient;
    return ask();
  }
  // Mail to `count` people never written to; how many of them were let through.
  int send_to_strangers(int count) {
    int passed = 0;
    for (int i = 0; i < count; ++i) {
      const BrakeOutcome outcome =
          send_to("s" + std::to_string(strangers++) + "@strangers.example");
      passed += outcome.verdict == Verdict::go_on ? 1 : 0;
      notices += outcome.notice ? 1 : 0;
      last = outcome;
    }
    return passed;
  }
  BrakeOutcome bounce(const std::string& recipient) {
    Attributes user = request;
    request.login = {};
    request.rfc5321_mail_from = {};
    request.recipient = recipient;
    BrakeOutcome outcome = ask();
    notices += outcome.notice ? 1 : 0;
    request = user;
    return outcome;
  }
  void run(const std::vector<store::Operation>& operations) {
    REQUIRE(store.run(operations, now).has_value());
  }

  store::MemoryStore store;
  store::Time now{1'700'006'400s};  // 00:00
  BrakeSettings settings;
  bool enforce = true;
  Attributes request;
  int rounds = 0;
  int strangers = 0;
  int notices = 0;
  BrakeOutcome last;
};

TEST_CASE("evaluate_brake: a stolen account is stopped, told about once, and held", "[ratelimit]") {
  Scene scene;
  CHECK(scene.send_to_strangers(500) == 40);
  CHECK(scene.notices == 1);
  CHECK(scene.last.verdict == Verdict::hold);
  CHECK(
      scene.last.why.starts_with("login is held: 41 new recipients this hour (limit 40), 41 "
                                 "today (limit 100), usual are 0 a day"));
  for (const Stage stage : {Stage::mail, Stage::rcpt, Stage::data, Stage::end_of_message}) {
    scene.request.stage = stage;
    CHECK(scene.send_to("friend@example.net").verdict == Verdict::hold);
  }
  scene.now += 24h * 30;
  CHECK(scene.send_to("friend@example.net").verdict == Verdict::hold);
  scene.request.login = "ALICE";
  CHECK(scene.send_to("friend@example.net").verdict == Verdict::hold);
  scene.request.login = "bob";
  CHECK(scene.send_to("friend@example.net").verdict == Verdict::go_on);
}

TEST_CASE("evaluate_brake: the notice says who and what to do", "[ratelimit]") {
  Scene scene;
  for (int i = 0; i < 41; ++i) scene.last = scene.send_to(std::to_string(i) + "@x.example");
  REQUIRE(scene.last.notice.has_value());
  CHECK(scene.last.notice->login == "alice");
  CHECK(scene.last.notice->owner == "alice@example.org");
  CHECK(scene.last.notice->postmaster_text.find("postern brake release 'alice'") !=
        std::string::npos);
}

TEST_CASE("evaluate_brake: known recipients are no strangers", "[ratelimit]") {
  Scene scene;
  for (int day = 0; day < 3; ++day) {
    for (int i = 0; i < 35; ++i) {
      CHECK(scene.send_to("member" + std::to_string(i) + "@club.example").verdict ==
            Verdict::go_on);
      CHECK(scene.send_to("Member" + std::to_string(i) + "@club.example").verdict ==
            Verdict::go_on);
    }
    scene.now += 24h;
  }
  CHECK(scene.rounds == 1);
}

TEST_CASE("evaluate_brake: a day has its own limit", "[ratelimit]") {
  Scene scene;
  int passed = 0;
  for (int hour = 0; hour < 5; ++hour) {
    passed += scene.send_to_strangers(30);
    scene.now += 1h;
  }
  CHECK(passed == 100);
  CHECK(scene.notices == 1);
}

TEST_CASE("evaluate_brake: who always writes to many may go on doing so", "[ratelimit]") {
  Scene scene;
  scene.settings.per_hour = 40;
  for (int day = 0; day < 60; ++day) {  // a shop: 36 new customers a day
    REQUIRE(scene.send_to_strangers(36) == 36);
    scene.now += 24h;
  }
  // Usual are about 34 a day, so some 5 * 34 / 2 in an hour are fine, and not many more.
  const int passed = scene.send_to_strangers(1000);
  CHECK(passed > 75);
  CHECK(passed < 100);
}

TEST_CASE("evaluate_brake: who steals an account cannot raise what is usual", "[ratelimit]") {
  Scene scene;
  scene.settings.per_hour = 100000;
  CHECK(scene.send_to_strangers(2000) == 100);
}

TEST_CASE("evaluate_brake: released logins begin anew, denied ones are rejected", "[ratelimit]") {
  Scene scene;
  scene.send_to_strangers(100);
  scene.run(release_operations("Alice", scene.now));
  CHECK(scene.send_to_strangers(100) == 40);
  CHECK(scene.notices == 2);
  scene.run(deny_operations("alice", "password is known", scene.now));
  const BrakeOutcome denied = scene.send_to("friend@example.net");
  CHECK(denied.verdict == Verdict::deny);
  CHECK(denied.why == "login is denied: password is known");
  scene.run(release_operations("alice", scene.now));
  CHECK(scene.send_to("friend@example.net").verdict == Verdict::go_on);
}

TEST_CASE("evaluate_brake: observe mode holds nobody later", "[ratelimit]") {
  Scene scene;
  scene.enforce = false;
  CHECK(scene.send_to_strangers(100) == 40);
  CHECK(scene.notices == 0);
  scene.enforce = true;
  scene.now += 24h;
  CHECK(scene.send_to("friend@example.net").verdict == Verdict::go_on);
  scene.run(deny_operations("alice", "", scene.now));
  scene.enforce = false;
  CHECK(scene.send_to("friend@example.net").verdict == Verdict::deny);
}

TEST_CASE("evaluate_brake: bounces of what a login sent stop it", "[ratelimit]") {
  Scene scene;
  scene.settings.per_hour = 35;
  CHECK(scene.send_to_strangers(30) == 30);
  for (int i = 0; i < 30; ++i) CHECK(scene.bounce("Alice@example.org").verdict == Verdict::go_on);
  CHECK(scene.notices == 1);
  const BrakeOutcome held = scene.send_to("friend@example.net");
  CHECK(held.verdict == Verdict::hold);
  CHECK(held.why == "login is held: 26 bounces today (limit 25), sent to 30 recipients");
}

TEST_CASE("evaluate_brake: forged mail in a user's name stops nobody", "[ratelimit]") {
  Scene scene;
  CHECK(scene.send_to_strangers(5) == 5);
  for (int i = 0; i < 1000; ++i) scene.bounce("alice@example.org");
  CHECK(scene.send_to("friend@example.net").verdict == Verdict::go_on);
  for (int i = 0; i < 1000; ++i) scene.bounce("nobody@example.org");
  CHECK(scene.rounds == 1);
  CHECK(scene.notices == 0);
}

TEST_CASE("evaluate_brake: what it does not look at", "[ratelimit]") {
  Scene scene;
  scene.request.recipient = "x@example.net";
  SECTION("off") {
    scene.settings.enabled = false;
  }
  SECTION("no mail yet") {
    scene.request.stage = Stage::helo;
  }
  SECTION("other commands") {
    scene.request.stage = std::nullopt;
  }
  SECTION("no login") {
    scene.request.login = {};
  }
  SECTION("exempt") {
    scene.settings.exempt_logins = {"ALICE"};
  }
  const BrakeOutcome outcome = scene.ask();
  CHECK(outcome.verdict == Verdict::go_on);
  CHECK(scene.rounds == 0);
  CHECK(outcome.writes.empty());
}

TEST_CASE("evaluate_brake: foreign values under its keys count as none", "[ratelimit]") {
  Scene scene;
  scene.run({store::Put{brake_key("alice"), "rubbish", 1h}});
  CHECK(scene.send_to("x@example.net").verdict == Verdict::go_on);
}

}  // namespace
}  // namespace postern::ratelimit
