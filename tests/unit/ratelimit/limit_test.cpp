// Limits: what is counted for whom, once, and what is refused.
#include "lib/ratelimit/limit.hpp"

#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::ratelimit {
namespace {

using namespace std::chrono_literals;

Limit make_limit(std::string name = "l") {
  const auto loaded = config::load(limit_table(), config::Document());
  REQUIRE(loaded.has_value());
  Limit limit = *loaded;
  limit.name = std::move(name);
  limit.amount = 10;
  return limit;
}

Attributes message(std::string_view login, std::string_view instance, std::uint64_t recipients) {
  Attributes attributes;
  attributes.stage = Stage::end_of_message;
  attributes.client_address = *parse_ip_address("192.0.2.25");
  attributes.login = login;
  attributes.rfc5321_mail_from = "Alice@Example.org";
  attributes.has_sender = true;
  attributes.recipient_count = recipients;
  attributes.size = 1000;
  attributes.instance = instance;
  return attributes;
}

class Scene {
 public:
  LimitOutcome ask(std::span<const Limit> limits, const Attributes& request) {
    store::Known known;
    for (rounds = 0; rounds < 10; ++rounds) {
      store::Wants wants(known);
      auto outcome = evaluate(limits, request, wants);
      if (outcome) return *outcome;
      const auto results = store.run(wants.missing(), now);
      REQUIRE(results.has_value());
      for (std::size_t i = 0; i < results->size(); ++i) {
        known.add(wants.missing()[i], (*results)[i]);
      }
    }
    FAIL("asks for ever");
    return {};
  }
  LimitOutcome ask(const Limit& limit, const Attributes& request) {
    return ask(std::span<const Limit>(&limit, 1), request);
  }

  store::MemoryStore store;
  store::Time now{1'700'000'000s};
  int rounds = 0;
};

TEST_CASE("evaluate: exactly the amount passes, whichever way", "[ratelimit]") {
  const auto algorithm =
      GENERATE(store::Take::Algorithm::gcra, store::Take::Algorithm::sliding_window);
  Scene scene;
  Limit limit = make_limit();
  limit.algorithm = algorithm;
  int passed = 0;
  for (int i = 0; i < 30; ++i) {
    const auto outcome = scene.ask(limit, message("alice", std::to_string(i), 1));
    CHECK(outcome.applies);
    passed += outcome.is_exceeded ? 0 : 1;
  }
  CHECK(passed == 10);
  CHECK_FALSE(scene.ask(limit, message("bob", "x", 1)).is_exceeded);
  scene.now += 3h;
  CHECK_FALSE(scene.ask(limit, message("alice", "y", 10)).is_exceeded);
}

TEST_CASE("evaluate: a message counts with all recipients or not at all", "[ratelimit]") {
  Scene scene;
  const Limit limit = make_limit();
  CHECK_FALSE(scene.ask(limit, message("a", "1", 7)).is_exceeded);
  const auto refused = scene.ask(limit, message("a", "2", 4));
  CHECK(refused.is_exceeded);
  CHECK(refused.retry_after > 0ms);
  CHECK(refused.why == "limit l: 4 recipients refused of 10 in 3600 s, 3 left");
  CHECK_FALSE(scene.ask(limit, message("a", "3", 3)).is_exceeded);
}

TEST_CASE("evaluate: a message that fits into no period is refused as such", "[ratelimit]") {
  Scene scene;
  const auto outcome = scene.ask(make_limit(), message("a", "1", 11));
  CHECK(outcome.is_exceeded);
  CHECK(outcome.retry_after == 1h);
  CHECK(outcome.why.ends_with("10 left, more than ever fits"));
}

TEST_CASE("evaluate: the same question is counted once", "[ratelimit]") {
  Scene scene;
  const Limit limit = make_limit();
  for (int i = 0; i < 5; ++i) CHECK_FALSE(scene.ask(limit, message("a", "same", 10)).is_exceeded);
  CHECK(scene.ask(limit, message("a", "other", 1)).is_exceeded);
}

TEST_CASE("evaluate: recipients at RCPT count each, and a repeated one once", "[ratelimit]") {
  Scene scene;
  Limit limit = make_limit();
  limit.stage = Stage::rcpt;
  Attributes request = message("a", "i", 0);
  request.stage = Stage::rcpt;
  for (int i = 0; i < 10; ++i) {
    const std::string recipient = "r" + std::to_string(i) + "@example.net";
    request.recipient = recipient;
    CHECK_FALSE(scene.ask(limit, request).is_exceeded);
    CHECK_FALSE(scene.ask(limit, request).is_exceeded);
  }
  request.recipient = "more@example.net";
  CHECK(scene.ask(limit, request).is_exceeded);
}

TEST_CASE("operation: applies only at its stage and with all attributes", "[ratelimit]") {
  Limit limit = make_limit();
  limit.key = {Attribute::sasl_username, Attribute::recipient_domain};
  Attributes request = message("a", "i", 1);
  CHECK_FALSE(operation(limit, request).has_value());
  request.recipient = "x@example.net";
  CHECK(operation(limit, request).has_value());
  request.stage = Stage::data;
  CHECK_FALSE(operation(limit, request).has_value());
  request.stage = std::nullopt;
  CHECK_FALSE(operation(limit, request).has_value());
  request.stage = Stage::end_of_message;
  request.recipient_count = 0;
  CHECK_FALSE(operation(limit, request).has_value());
  limit.amount = 0;
  request.recipient_count = 1;
  CHECK_FALSE(operation(limit, request).has_value());
}

TEST_CASE("operation: keys tell values apart, and do not tell case apart", "[ratelimit]") {
  Limit limit = make_limit();
  limit.key = {Attribute::sender, Attribute::sasl_username};
  Attributes one = message("Bob", "i", 1);
  Attributes two = message("bob", "i", 1);
  two.rfc5321_mail_from = "alice@example.org";
  CHECK(operation(limit, one)->key == operation(limit, two)->key);
  one.rfc5321_mail_from = "a,3:b";
  one.login = "c";
  two.rfc5321_mail_from = "a";
  two.login = "b,1:c";
  CHECK(operation(limit, one)->key != operation(limit, two)->key);
  one.rfc5321_mail_from = "";
  CHECK(operation(limit, one)->key.find("<>") != std::string::npos);
  const std::string long_login(60000, 'x');
  one.login = long_login;
  CHECK(operation(limit, one)->key.size() <= store::max_key_size);
  limit.key = {Attribute::client_network};
  CHECK(operation(limit, one)->key.find("192.0.2.0/24") != std::string::npos);
}

TEST_CASE("operation: bytes and messages", "[ratelimit]") {
  Limit limit = make_limit();
  limit.count = Count::bytes;
  limit.amount = 0;
  limit.bytes.bytes = 2500;
  Scene scene;
  CHECK_FALSE(scene.ask(limit, message("a", "1", 1)).is_exceeded);
  CHECK_FALSE(scene.ask(limit, message("a", "2", 9)).is_exceeded);
  CHECK(scene.ask(limit, message("a", "3", 1)).is_exceeded);
  limit.count = Count::messages;
  limit.amount = 5;
  CHECK(operation(limit, message("a", "1", 99))->cost == 1);
}

TEST_CASE("evaluate: a message that the hour refuses does not use up the day", "[ratelimit]") {
  Scene scene;
  std::vector<Limit> limits = {make_limit("day"), make_limit("hour")};
  limits[0].per = 24h;
  limits[0].amount = 15;
  for (int i = 0; i < 40; ++i) {
    const auto outcome = scene.ask(limits, message("a", std::to_string(i), 1));
    CHECK(outcome.is_exceeded == (i >= 10));
    if (i >= 10) CHECK(outcome.limit == "hour");
  }
  scene.now += 2h;
  int passed = 0;
  for (int i = 0; i < 10; ++i) {
    const auto outcome = scene.ask(limits, message("a", "n" + std::to_string(i), 1));
    passed += outcome.is_exceeded ? 0 : 1;
    if (outcome.is_exceeded) CHECK(outcome.limit == "day");
  }
  CHECK(passed == 5);
}

TEST_CASE("check: parts that do not fit are named", "[ratelimit]") {
  const auto problem = [](auto change) {
    Limit limit = make_limit();
    change(limit);
    const auto checked = check(limit);
    return checked ? std::string() : std::string(checked.error());
  };
  CHECK(problem([](Limit&) {}).empty());
  CHECK(problem([](Limit& l) { l.key.clear(); }).starts_with("key:"));
  CHECK(problem([](Limit& l) { l.per = 0ms; }).starts_with("per:"));
  CHECK(problem([](Limit& l) { l.count = Count::bytes; }).starts_with("count:"));
  CHECK(problem([](Limit& l) { l.bytes.bytes = 1; }).starts_with("count:"));
  CHECK(problem([](Limit& l) { l.stage = Stage::mail; }).starts_with("state:"));
  CHECK(problem([](Limit& l) {
          l.stage = Stage::connect;
          l.count = Count::messages;
        }).empty());
}

}  // namespace
}  // namespace postern::ratelimit
