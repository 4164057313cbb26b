// Scenarios of senders who come back, do not, or come from elsewhere, over a store in memory.
#include "lib/greylist/greylist.hpp"

#include <functional>
#include "lib/greylist/records.hpp"

#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::greylist {
namespace {

using authres::Result;
using namespace std::chrono_literals;

class Scene {
 public:
  Scene() {
    const auto loaded = config::load(settings_table(), config::Document());
    REQUIRE(loaded.has_value());
    settings = *loaded;
    client.ip = *parse_ip_address("192.0.2.25");
    client.name_state = ClientName::missing;
    client.helo = Helo::resolves;
    client.suspicious_score = 2;
    client.identity = identity(client);
  }

  // One evaluation with a Known of its own, as a request has; its writes are run, too.
  Outcome ask() {
    client.identity = identity(client);
    store::Known known;
    for (rounds = 0; rounds < 10; ++rounds) {
      store::Wants wants(known);
      auto outcome = evaluate(client, attempt, settings, wants, now);
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
  void run(const std::vector<store::Operation>& operations) {
    REQUIRE(store.run(operations, now).has_value());
  }

  store::MemoryStore store;
  store::Time now{1'700'000'000s};
  Settings settings;
  Client client;
  Attempt attempt{"alice@example.org", "bob@example.net"};
  int rounds = 0;
};

TEST_CASE("evaluate: held, held when early, passes when it comes again", "[greylist]") {
  Scene scene;
  Outcome first = scene.ask();
  CHECK(first.is_held);
  CHECK(first.retry_after == 4min);
  CHECK(first.why == "first attempt of net:192.0.2.0/24 (no PTR record)");
  CHECK(scene.rounds == 2);
  scene.now += 1min;
  CHECK(scene.ask().is_held);
  CHECK(scene.ask().retry_after == 3min);
  scene.now += 3min;
  const Outcome back = scene.ask();
  CHECK_FALSE(back.is_held);
  CHECK(back.why == "net:192.0.2.0/24 came again after 240 s");
  CHECK_FALSE(scene.ask().is_held);
}

// Whether what was asked and written in the last round would go first from a full store.
bool is_expendable(const std::vector<store::Operation>& operations) {
  bool expendable = false;
  for (const store::Operation& operation : operations) {
    if (const auto* put = std::get_if<store::Put>(&operation)) expendable |= put->expendable;
    if (const auto* put = std::get_if<store::PutIfAbsent>(&operation))
      expendable |= put->expendable;
  }
  return expendable;
}

TEST_CASE("evaluate: a first attempt is expendable, a return is not", "[greylist][security]") {
  Scene scene;
  store::Known known;
  for (const char* key : {"g/w/net:192.0.2.0/24", "w/a/alice@example.org"}) {
    known.add(store::Get{key}, store::Value{});
  }
  store::Wants wants(known);
  CHECK_FALSE(evaluate(scene.client, scene.attempt, scene.settings, wants, scene.now));
  REQUIRE(wants.missing().size() == 1);
  CHECK(is_expendable(wants.missing()));
  scene.ask();
  scene.now += 5min;
  CHECK_FALSE(is_expendable(scene.ask().writes));
  scene.now -= 24h;
  CHECK(is_expendable(scene.ask().writes));  // the clock went back
}

TEST_CASE("evaluate: fifty attempts at the same time are one first attempt", "[greylist]") {
  Scene scene;
  for (int i = 0; i < 50; ++i) CHECK(scene.ask().is_held);
  std::string cursor;
  CHECK(scene.store.scan(triplet_prefix, cursor, 100, scene.now)->size() == 1);
  scene.now += 5min;
  for (int i = 0; i < 50; ++i) CHECK_FALSE(scene.ask().is_held);
}

TEST_CASE("evaluate: a retry from the pool of a provider passes", "[greylist]") {
  const auto [what, change] = GENERATE(table<std::string, std::function<void(Client&)>>({
      {"same network", [](Client& c) { c.ip = *parse_ip_address("192.0.2.99"); }},
      {"other network, same SPF domain",
       [](Client& c) {
         c.ip = *parse_ip_address("198.51.100.1");
         c.spf = Result::pass;
         c.spf_organization = "example.org";
         c.spf_domain = "b.example.org";
       }},
  }));
  INFO(what);
  Scene scene;
  if (what != "same network") {
    scene.client.spf = Result::pass;
    scene.client.spf_organization = scene.client.spf_domain = "example.org";
  }
  REQUIRE(scene.ask().is_held);
  scene.now += 5min;
  change(scene.client);
  CHECK_FALSE(scene.ask().is_held);
}

TEST_CASE("evaluate: another network, sender, or recipient is another triplet", "[greylist]") {
  Scene scene;
  REQUIRE(scene.ask().is_held);
  scene.now += 5min;
  SECTION("network") {
    scene.client.ip = *parse_ip_address("198.51.100.1");
  }
  SECTION("sender") {
    scene.attempt.rfc5321_mail_from = "eve@example.org";
  }
  SECTION("recipient") {
    scene.attempt.recipient = "carol@example.net";
  }
  CHECK(scene.ask().is_held);
}

TEST_CASE("evaluate: the window ends, and a sender that came back is remembered longer",
          "[greylist]") {
  Scene scene;
  REQUIRE(scene.ask().is_held);
  SECTION("never came back") {
    scene.now += 49h;
    CHECK(scene.ask().is_held);
  }
  SECTION("came back") {
    scene.now += 47h;
    REQUIRE_FALSE(scene.ask().is_held);
    scene.now += 35 * 24h;
    CHECK_FALSE(scene.ask().is_held);
    scene.now += 35 * 24h;
    CHECK_FALSE(scene.ask().is_held);
    scene.now += 37 * 24h;
    CHECK(scene.ask().is_held);
  }
}

TEST_CASE("evaluate: a clock that goes back costs one delay", "[greylist]") {
  Scene scene;
  REQUIRE(scene.ask().is_held);
  scene.now -= 24h;
  CHECK(scene.ask().is_held);
  CHECK(scene.ask().retry_after == 4min);
  scene.now += 5min;
  CHECK_FALSE(scene.ask().is_held);
  scene.now -= 24h;  // and one that came back stays known
  const Outcome outcome = scene.ask();
  INFO(outcome.why);
  CHECK(outcome.retry_after <= 4min);
}

TEST_CASE("evaluate: a clock that leaps ahead holds nobody for ever", "[greylist]") {
  Scene scene;
  REQUIRE(scene.ask().is_held);
  scene.now += 24h * 3650;
  CHECK(scene.ask().is_held);
  scene.now += 5min;
  CHECK_FALSE(scene.ask().is_held);
}

TEST_CASE("evaluate: a client that comes back often enough is known", "[greylist]") {
  Scene scene;
  scene.settings.passes = 3;
  for (int i = 0; i < 3; ++i) {
    scene.attempt.recipient = "user" + std::to_string(i) + "@example.net";
    REQUIRE(scene.ask().is_held);
    scene.now += 1h;
    REQUIRE_FALSE(scene.ask().is_held);
    REQUIRE_FALSE(scene.ask().is_held);  // counted once an hour
  }
  scene.attempt.recipient = "new@example.net";
  const Outcome outcome = scene.ask();
  CHECK_FALSE(outcome.is_held);
  CHECK(outcome.why == "net:192.0.2.0/24 came back often enough");
  CHECK(scene.rounds == 1);
  for (int month = 0; month < 3; ++month) {  // use keeps it
    scene.now += 30 * 24h;
    CHECK_FALSE(scene.ask().is_held);
  }
  scene.run(forget_operations(identities_named("192.0.2.1")));
  CHECK(scene.ask().is_held);
  scene.run(pass_operations(identities_named("192.0.2.1"), scene.settings));
  CHECK_FALSE(scene.ask().is_held);
}

TEST_CASE("evaluate: many recipients of one message do not make a client known", "[greylist]") {
  Scene scene;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) {
      scene.attempt.recipient = "user" + std::to_string(i) + "@example.net";
      CHECK(scene.ask().is_held == (round == 0));
    }
    scene.now += 10min;
  }
  scene.attempt.recipient = "new@example.net";
  CHECK(scene.ask().is_held);
}

TEST_CASE("evaluate: those our users wrote to are expected", "[greylist]") {
  Scene scene;
  scene.run(contact_operations("Alice@Example.org", scene.settings));
  CHECK_FALSE(scene.ask().is_held);
  scene.attempt.rfc5321_mail_from = "other@example.org";
  SECTION("anybody can name the domain") {
    scene.client.spf = Result::none;
    scene.client.spf_domain = "example.org";
    CHECK(scene.ask().is_held);
  }
  SECTION("SPF shows it") {
    scene.client.spf = Result::pass;
    scene.client.spf_domain = "bounce.example.org";
    scene.client.spf_organization = "example.org";
    CHECK_FALSE(scene.ask().is_held);
  }
  SECTION("the null sender is nobody") {
    scene.attempt.rfc5321_mail_from = "";
    CHECK(scene.ask().is_held);
  }
}

TEST_CASE("contact_operations: nothing for what is no address", "[greylist]") {
  Scene scene;
  CHECK(contact_operations("bob", scene.settings).empty());
  CHECK(contact_operations("bob@[192.0.2.1]", scene.settings).empty());
  CHECK(contact_operations("bob@a b", scene.settings).empty());
  scene.settings.contact_lifetime = 0ms;
  CHECK(contact_operations("bob@example.org", scene.settings).empty());
}

TEST_CASE("evaluate: who is not suspicious costs the store nothing", "[greylist]") {
  Scene scene;
  scene.client.name_state = ClientName::confirmed;
  scene.client.spf = Result::pass;
  CHECK(scene.ask().why == "not suspicious");
  CHECK(scene.rounds == 0);
  scene.settings.when = When::always;
  CHECK(scene.ask().is_held);
  scene.settings.when = When::never;
  CHECK_FALSE(scene.ask().is_held);
  CHECK(scene.rounds == 0);
}

TEST_CASE("evaluate: a foreign value under a key counts as none", "[greylist]") {
  Scene scene;
  scene.run({store::Put{triplet_key("net:192.0.2.0/24", "alice@example.org", "bob@example.net"),
                        "rubbish", 1h}});
  CHECK(scene.ask().is_held);
  scene.now += 5min;
  CHECK_FALSE(scene.ask().is_held);
}

TEST_CASE("evaluate: held and returned are counted by the day", "[greylist]") {
  Scene scene;
  scene.ask();
  scene.ask();
  scene.now += 5min;
  scene.ask();
  scene.ask();
  for (const char* what : {"held", "returned"}) {
    const std::vector<store::Operation> read = {
        store::Add{figures_key(scene.now, what), 0, figures_lifetime}};
    const auto result = scene.store.run(read, scene.now);
    REQUIRE(result.has_value());
    CHECK(std::get<store::Number>(result->front()).number == 1);
  }
}

}  // namespace
}  // namespace postern::greylist
