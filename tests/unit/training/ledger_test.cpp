// What users teach, in scenes over a store in memory.
#include "lib/training/ledger.hpp"

#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::training {
namespace {

using namespace std::chrono_literals;

class Scene {
 public:
  // An event at the time of the scene, as the learner counts it.
  Decision learn(const Event& event) {
    store::Known known;
    for (int round = 0; round < 5; ++round) {
      store::Wants wants(known);
      const auto decision = evaluate(event, wants);
      if (decision) {
        run(decision->writes);
        return *decision;
      }
      const auto results = run(wants.missing());
      for (std::size_t i = 0; i < results.size(); ++i) known.add(wants.missing()[i], results[i]);
    }
    FAIL("asks for ever");
    return {};
  }
  std::vector<store::Result> run(const std::vector<store::Operation>& operations) {
    auto results = store.run(operations, now);
    REQUIRE(results.has_value());
    return *results;
  }
  Event event(Kind kind, const std::string& id, char hash = 'a') const {
    Event event;
    event.id = id;
    event.kind = kind;
    event.user = "alice@example.org";
    event.hash = std::string(64, hash);
    event.time = now;
    return event;
  }
  std::pair<std::int64_t, std::int64_t> counts(const std::string& user = "alice@example.org") {
    const auto results = run(count_lookups(user));
    const Counts counts = counts_of(results[0], results[1]);
    return {counts.spam, counts.ham};
  }
  std::size_t items(std::string_view prefix) {
    std::string cursor;
    const auto found = store.scan(prefix, cursor, 1000, now);
    REQUIRE(found.has_value());
    return found->size();
  }

  store::MemoryStore store;
  store::Time now{1'700'000'000s};
};

using Pair = std::pair<std::int64_t, std::int64_t>;

TEST_CASE("evaluate: a message counts once, for its user and for the site", "[training]") {
  Scene scene;
  CHECK(scene.learn(scene.event(Kind::spam, "1")).outcome == Outcome::learned);
  scene.now += 1s;
  CHECK(scene.learn(scene.event(Kind::spam, "2")).outcome == Outcome::known);
  CHECK(scene.learn(scene.event(Kind::spam, "3", 'b')).outcome == Outcome::learned);
  Event bobs = scene.event(Kind::spam, "1");
  bobs.user = "bob@example.org";
  CHECK(scene.learn(bobs).outcome == Outcome::learned);
  CHECK(scene.counts() == Pair{2, 0});
  CHECK(scene.counts("bob@example.org") == Pair{1, 0});
  CHECK(scene.counts("") == Pair{3, 0});
  CHECK(scene.counts("carol@example.org") == Pair{0, 0});
}

TEST_CASE("evaluate: moved back, it is unlearned and learned as the other kind", "[training]") {
  Scene scene;
  scene.learn(scene.event(Kind::spam, "1"));
  scene.now += 1s;
  const Decision back = scene.learn(scene.event(Kind::ham, "2"));
  CHECK(back.outcome == Outcome::relearned);
  CHECK(back.is_news());
  CHECK(scene.counts() == Pair{0, 1});
  CHECK(scene.counts("") == Pair{0, 1});
  scene.now += 1s;
  CHECK(scene.learn(scene.event(Kind::spam, "3")).outcome == Outcome::relearned);
  CHECK(scene.counts() == Pair{1, 0});
}

TEST_CASE("evaluate: what is forgotten no longer counts, and can be learned again", "[training]") {
  Scene scene;
  const Kind kind = GENERATE(Kind::spam, Kind::ham);
  scene.learn(scene.event(kind, "1"));
  const Event late = scene.event(kind, "late");
  scene.now += 1s;
  const Decision taken_back = scene.learn(scene.event(Kind::none, "2"));
  CHECK(taken_back.outcome == Outcome::forgotten);
  CHECK_FALSE(taken_back.is_news());
  CHECK(scene.counts() == Pair{0, 0});
  CHECK(scene.counts("") == Pair{0, 0});
  CHECK(scene.learn(late).outcome == Outcome::outdated);
  scene.now += 1s;
  CHECK(scene.learn(scene.event(Kind::none, "3")).outcome == Outcome::known);
  CHECK(scene.counts() == Pair{0, 0});
  scene.now += 1s;
  CHECK(scene.learn(scene.event(Kind::ham, "4")).outcome == Outcome::learned);
  CHECK(scene.counts() == Pair{0, 1});
}

TEST_CASE("evaluate: forgetting what was never learned changes nothing", "[training]") {
  Scene scene;
  CHECK(scene.learn(scene.event(Kind::none, "1")).outcome == Outcome::known);
  CHECK(scene.counts() == Pair{0, 0});
}

TEST_CASE("evaluate: an event that comes twice counts once, and is answered as before",
          "[training]") {
  Scene scene;
  const Event spam = scene.event(Kind::spam, "1");
  scene.learn(spam);
  scene.now += 1s;
  scene.learn(scene.event(Kind::ham, "2"));
  const Decision again = scene.learn(spam);
  CHECK(again.is_repeated);
  CHECK(again.outcome == Outcome::learned);
  CHECK(again.writes.empty());
  CHECK(scene.counts() == Pair{0, 1});
}

TEST_CASE("evaluate: what comes late from the spool does not undo what was said later",
          "[training]") {
  Scene scene;
  const Event early = scene.event(Kind::spam, "1");
  scene.now += 1s;
  scene.learn(scene.event(Kind::ham, "2"));
  const Decision late = scene.learn(early);
  CHECK(late.outcome == Outcome::outdated);
  CHECK_FALSE(late.is_news());
  CHECK(scene.counts() == Pair{0, 1});
}

TEST_CASE("evaluate: events of one millisecond count in the order they come", "[training]") {
  Scene scene;
  scene.learn(scene.event(Kind::spam, "1"));
  CHECK(scene.learn(scene.event(Kind::ham, "2")).outcome == Outcome::relearned);
}

TEST_CASE("evaluate: one batch of writes, and a receipt among them", "[training]") {
  Scene scene;
  const Event event = scene.event(Kind::spam, "1");
  const Decision decision = scene.learn(event);
  REQUIRE(decision.writes.size() == 5);
  const auto results = scene.run({store::Get{"t/r/alice@example.org|1"}});
  const auto receipt = parse_receipt(*std::get<store::Value>(results[0]).value);
  REQUIRE(receipt);
  CHECK(receipt->outcome == Outcome::learned);
  CHECK(receipt->event == event);
}

TEST_CASE("forget_operations: the user goes, and what it had added to the site", "[training]") {
  Scene scene;
  scene.learn(scene.event(Kind::spam, "1"));
  Event bobs = scene.event(Kind::spam, "1", 'c');
  bobs.user = "bob@example.org";
  scene.learn(bobs);
  CHECK(scene.items(user_keys(message_prefix, "alice@example.org")) == 1);
  CHECK(scene.items(user_prefix) == 2);
  scene.run(forget_operations("alice@example.org", {1, 0}));
  CHECK(scene.counts() == Pair{0, 0});
  CHECK(scene.counts("") == Pair{1, 0});
  CHECK(scene.items(user_prefix) == 1);
}

TEST_CASE("user_part: long users stay apart and their keys bounded", "[training][security]") {
  const std::string one(max_user_size, '|');
  const std::string two = one.substr(1) + "x";
  CHECK(user_part(one) != user_part(two));
  Event event = Scene().event(Kind::spam, std::string(max_id_size, 'i'));
  event.user = one;
  Scene scene;
  scene.learn(event);
  CHECK(scene.counts(one) == Pair{1, 0});
  CHECK(scene.counts(two) == Pair{0, 0});
  CHECK(scene.items(user_keys(receipt_prefix, one)) == 1);
  CHECK(scene.items(user_keys(message_prefix, one)) == 1);
}

TEST_CASE("unlearn_operations: as if the message had never come", "[training]") {
  Scene scene;
  const Event kept = scene.event(Kind::spam, "1");
  Event tried = scene.event(Kind::spam, "2");
  tried.hash = std::string(64, 'b');
  scene.learn(kept);
  const auto before = scene.counts(kept.user);
  scene.learn(tried);
  CHECK(scene.counts(kept.user) != before);
  scene.run(unlearn_operations(tried));
  CHECK(scene.counts(kept.user) == before);
  CHECK(scene.counts({}) == before);
  tried.id = "3";
  CHECK(scene.learn(tried).outcome == Outcome::learned);
}

TEST_CASE("user_keys: no user's keys begin with another's", "[training][security]") {
  CHECK(user_keys(message_prefix, "a").starts_with("t/m/a|"));
  CHECK(user_keys(message_prefix, "a|b") == "t/m/a%7cb|");
}

TEST_CASE("values of the ledger: read again; others are none", "[training]") {
  const State state{GENERATE(Kind::ham, Kind::none), store::Time(5ms)};
  CHECK(parse_state(format(state)) == state);
  const auto entry = parse_user_entry(format(UserEntry{"a b", store::Time(7ms)}));
  REQUIRE(entry);
  CHECK(entry->user == "a b");
  CHECK(entry->last == store::Time(7ms));
  for (const char* text : {"", "spam", "spam ", "spam x", "eggs 5", "spam -5", "spamx 5"}) {
    CHECK_FALSE(parse_state(text));
    CHECK_FALSE(parse_receipt(text));
    CHECK_FALSE(parse_user_entry(text));
  }
}

TEST_CASE("evaluate: a damaged state counts as none", "[training]") {
  Scene scene;
  const Event event = scene.event(Kind::spam, "1");
  scene.run({store::Put{"t/m/alice@example.org|" + event.hash, "?", 1h}});
  CHECK(scene.learn(event).outcome == Outcome::learned);
}

TEST_CASE("is_enough: of both kinds", "[training]") {
  CHECK(is_enough({enough_messages, enough_messages}));
  CHECK_FALSE(is_enough({enough_messages, enough_messages - 1}));
}

}  // namespace
}  // namespace postern::training
