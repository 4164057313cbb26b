#include "lib/quota/answer.hpp"

#include <map>

#include "lib/quota/published.hpp"
#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::quota {
namespace {

using namespace std::chrono_literals;

const store::Time now(std::chrono::milliseconds(1'732'310'000'000));

Settings plain_settings() {
  Settings settings;
  settings.max_age = 1h;
  settings.warn_levels = {80, 95};
  settings.warn_again = 24h;
  return settings;
}

Usage usage_of_user(const std::string& user, std::int64_t used) {
  Usage usage;
  usage.user = user;
  usage.time = now - 1min;
  usage.storage = {used, 1000};
  usage.messages = {3, 0};
  usage.host = "mx";
  return usage;
}

// A store that has what the tests put into it, and where a mailbox has never been warned of.
struct World {
  std::map<store::Operation, store::Result> values;
  bool warned = false;

  World() { values[alive_lookup("mx")] = store::Value{"1732300000000"}; }
  void publish(const Usage& usage) {
    values[usage_lookup(usage.user)] = store::Value{format(usage)};
  }
  Outcome run(const std::vector<Mailbox>& mailboxes, std::int64_t size = 0, bool enforce = true) {
    store::Known known;
    for (int round = 0; round < 5; ++round) {
      store::Wants wants(known);
      auto outcome = evaluate(mailboxes, size, plain_settings(), enforce, wants, now);
      if (outcome) return *outcome;
      REQUIRE_FALSE(wants.missing().empty());
      for (const store::Operation& operation : wants.missing()) {
        known.add(operation, answer(operation));
      }
    }
    FAIL("no outcome");
    return {};
  }
  store::Result answer(const store::Operation& operation) const {
    const auto found = values.find(operation);
    if (found != values.end()) return found->second;
    const bool marks = std::holds_alternative<store::PutIfAbsent>(operation);
    return marks && warned ? store::Value{"1"} : store::Value{};
  }
};

const Mailbox alice{"alice@example.org", {"alice@example.org", "alice"}};
const Mailbox bob{"bob@example.org", {"bob@example.org", "bob"}};

TEST_CASE("quota: a full mailbox is refused, one with room is not", "[quota]") {
  World world;
  world.publish(usage_of_user("alice", 1000));
  world.publish(usage_of_user("bob@example.org", 500));
  const Outcome full = world.run({alice});
  CHECK(full.is_refused);
  CHECK(full.why == "alice: 1000 B of 1000 B, 3 messages");
  CHECK_FALSE(world.run({bob}, 500).is_refused);
  CHECK(world.run({bob}, 501).is_refused);
}

TEST_CASE("quota: several mailboxes are refused only together", "[quota]") {
  World world;
  world.publish(usage_of_user("alice", 1000));
  CHECK_FALSE(world.run({alice, bob}).is_refused);
  CHECK(world.run({alice, bob}).why == "bob@example.org: nothing is known of it");
  world.publish(usage_of_user("bob", 1200));
  CHECK(world.run({alice, bob}).is_refused);
  CHECK(world.run({bob, alice}).is_refused);
}

TEST_CASE("quota: what is not certain is left to Dovecot", "[quota]") {
  World world;
  Usage usage = usage_of_user("alice", 1000);
  SECTION("unknown user") {}
  SECTION("damaged value") {
    world.values[usage_lookup("alice")] = store::Value{"quota1 user="};
  }
  SECTION("old") {
    usage.time = now - 61min;
    world.publish(usage);
  }
  SECTION("before the learner began") {
    world.values[alive_lookup("mx")] = store::Value{"1732309990000"};
    world.publish(usage);
  }
  SECTION("the learner is away") {
    world.values.erase(alive_lookup("mx"));
    world.publish(usage);
  }
  SECTION("another host's learner is there") {
    usage.host = "mx2";
    world.publish(usage);
  }
  const Outcome outcome = world.run({alice});
  CHECK_FALSE(outcome.is_refused);
  CHECK_FALSE(outcome.why.empty());
  CHECK(outcome.notices.empty());
}

TEST_CASE("quota: the first name that is known counts", "[quota]") {
  World world;
  world.publish(usage_of_user("alice@example.org", 10));
  world.publish(usage_of_user("alice", 1000));
  CHECK_FALSE(world.run({alice}).is_refused);
}

TEST_CASE("quota: owners are told once of the highest level", "[quota]") {
  World world;
  world.publish(usage_of_user("alice", 960));
  const Outcome outcome = world.run({alice});
  REQUIRE(outcome.notices.size() == 1);
  const Notice& notice = outcome.notices.front();
  CHECK(notice.owner == "alice@example.org");
  CHECK(notice.subject == "Your mailbox is 96 % full");
  CHECK(notice.postmaster_text.empty());
  CHECK(notice.owner_text.find("960 B of 1000 B") != std::string::npos);
  world.warned = true;
  CHECK(world.run({alice}).notices.empty());
}

TEST_CASE("quota: the postmaster is told of a full one, nobody in observe mode", "[quota]") {
  World world;
  world.publish(usage_of_user("alice", 1000));
  const Outcome outcome = world.run({alice});
  REQUIRE(outcome.notices.size() == 1);
  CHECK(outcome.notices.front().owner_text.empty());
  CHECK(outcome.notices.front().postmaster_text.find("alice") != std::string::npos);
  CHECK(world.run({alice}, 0, false).is_refused);
  CHECK(world.run({alice}, 0, false).notices.empty());
}

TEST_CASE("quota: no mailbox, no refusal", "[quota]") {
  CHECK_FALSE(World().run({}).is_refused);
}

TEST_CASE("quota: too large is what no mailbox could ever take", "[quota]") {
  World world;
  world.publish(usage_of_user("alice", 1000));
  Usage larger = usage_of_user("bob", 10);
  larger.storage.limit = 2000;
  larger.grace = 100;
  world.publish(larger);
  CHECK(world.run({alice}, 1001).is_too_large);
  CHECK_FALSE(world.run({alice}, 1000).is_too_large);
  CHECK_FALSE(world.run({alice, bob}, 2095).is_too_large);
  CHECK(world.run({alice, bob}, 2095).is_refused);
  CHECK(world.run({alice, bob}, 2101).is_too_large);
}

TEST_CASE("quota: with a level that is told the lower ones are marked", "[quota]") {
  World world;
  world.publish(usage_of_user("alice", 960));
  const Outcome outcome = world.run({alice});
  REQUIRE(outcome.writes.size() == 1);
  CHECK(std::get<store::PutIfAbsent>(outcome.writes.front()).key == warned_key("alice", 80));
}

TEST_CASE("quota: mail that goes on does not put off the next warning", "[quota]") {
  store::MemoryStore store;
  Settings settings = plain_settings();
  settings.max_age = 1000h;
  int told = 0;
  for (int day = 0; day < 10; ++day) {
    const store::Time today = now + day * 12h;
    Usage usage = usage_of_user("alice", 850);
    usage.time = today;
    std::vector<store::Operation> writes = alive_operations("mx", now - 1h);
    const auto key = std::get<store::Get>(usage_lookup("alice")).key;
    writes.emplace_back(store::Put{key, format(usage), 24h});
    REQUIRE(store.run(writes, today).has_value());
    store::Known known;
    while (true) {
      store::Wants wants(known);
      const std::vector<Mailbox> mailboxes = {alice};
      const auto outcome = evaluate(mailboxes, 0, settings, true, wants, today);
      if (outcome) {
        told += static_cast<int>(outcome->notices.size());
        break;
      }
      const auto results = store.run(wants.missing(), today);
      REQUIRE(results.has_value());
      for (std::size_t i = 0; i < results->size(); ++i)
        known.add(wants.missing()[i], (*results)[i]);
    }
  }
  CHECK(told == 5);  // warn_again is a day
}

TEST_CASE("quota: a message too large for what is left tells nobody", "[quota]") {
  World world;
  world.publish(usage_of_user("alice", 600));
  const Outcome outcome = world.run({alice}, 5000);
  CHECK(outcome.is_refused);
  CHECK(outcome.notices.empty());
}

}  // namespace
}  // namespace postern::quota
