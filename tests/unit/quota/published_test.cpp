#include "lib/quota/published.hpp"

#include "lib/store/memory_store.hpp"
#include "tests/support/catch.hpp"

namespace postern::quota {
namespace {

using namespace std::chrono_literals;

const store::Time now(std::chrono::milliseconds(1'732'310'000'000));

Usage usage_at(Instant time, std::int64_t used) {
  Usage usage;
  usage.user = "Alice";
  usage.time = time;
  usage.storage = {used, 1000};
  usage.host = "mx";
  return usage;
}

Settings settings_with_levels() {
  Settings settings;
  settings.warn_levels = {80, 95};
  return settings;
}

// What publish() writes when `before` is the value in the store.
std::vector<store::Operation> publish_over(std::optional<std::string> before, const Usage& usage) {
  store::Known known;
  store::Wants first(known);
  CHECK_FALSE(publish(usage, settings_with_levels(), first, now));
  REQUIRE(first.missing().size() == 1);
  known.add(first.missing().front(), store::Value{std::move(before)});
  store::Wants second(known);
  const auto writes = publish(usage, settings_with_levels(), second, now);
  REQUIRE(writes);
  return *writes;
}

std::size_t erasures(const std::vector<store::Operation>& writes) {
  return static_cast<std::size_t>(std::count_if(writes.begin(), writes.end(), [](const auto& each) {
    return std::holds_alternative<store::Erase>(each);
  }));
}

TEST_CASE("publish: the first, and what replaces it", "[quota]") {
  const Usage usage = usage_at(now, 100);
  for (const auto& before : {std::optional<std::string>(), std::optional<std::string>("damaged"),
                             std::optional<std::string>(format(usage_at(now - 1s, 50))),
                             std::optional<std::string>(format(usage_at(now, 50)))}) {
    const auto writes = publish_over(before, usage);
    REQUIRE(writes.size() == 1);
    const auto& put = std::get<store::Put>(writes.front());
    CHECK(usage_of(store::Value{put.value}) == usage);
    CHECK(store::Operation(store::Get{put.key}) == usage_lookup("ALICE"));
  }
}

TEST_CASE("publish: what was counted earlier does not replace what was counted later", "[quota]") {
  CHECK(publish_over(format(usage_at(now, 50)), usage_at(now - 1us, 100)).empty());
  // Unless that is of the future: the clock has been set back.
  CHECK(publish_over(format(usage_at(now + 1h, 50)), usage_at(now, 100)).size() == 1);
}

Usage published_by(const std::vector<store::Operation>& writes) {
  REQUIRE_FALSE(writes.empty());
  const auto usage = usage_of(store::Value{std::get<store::Put>(writes.front()).value});
  REQUIRE(usage);
  return *usage;
}

TEST_CASE("publish: an older session brings counts, but no limits", "[quota]") {
  Usage young = usage_at(now - 10s, 900);
  young.storage.limit = 2000;
  young.grace = 7;
  young.session = now - 20s;
  Usage old = usage_at(now, 950);
  old.session = now - 10h;
  const Usage merged = published_by(publish_over(format(young), old));
  CHECK(merged.storage == Resource{950, 2000});
  CHECK(merged.grace == 7);
  CHECK(merged.session == young.session);
  CHECK(merged.time == old.time);
  // The other way round, what is later counts, and what is of the future does not.
  young.time = now + 1ms;
  CHECK(published_by(publish_over(format(old), young)).storage == young.storage);
  young.session = now + 1h;
  young.time = now;
  CHECK(published_by(publish_over(format(young), old)).storage.limit == 1000);
}

TEST_CASE("publish: what has changed unseen keeps its last figures, which do not count",
          "[quota]") {
  Usage unseen;
  unseen.user = "alice";
  unseen.time = now;
  unseen.is_certain = false;
  const Usage merged = published_by(publish_over(format(usage_at(now - 1s, 900)), unseen));
  CHECK(merged.storage == Resource{900, 1000});
  CHECK_FALSE(doubt(merged, store::Time(), settings_with_levels(), now).empty());
  CHECK(publish_over(std::nullopt, unseen).empty());
}

TEST_CASE("publish: who falls well below a level may be warned again", "[quota]") {
  CHECK(erasures(publish_over(format(usage_at(now, 960)), usage_at(now, 890))) == 2);  // 95, full
  CHECK(erasures(publish_over(format(usage_at(now, 960)), usage_at(now, 910))) == 1);  // full
  CHECK(erasures(publish_over(format(usage_at(now, 1000)), usage_at(now, 100))) == 3);
  CHECK(erasures(publish_over(format(usage_at(now, 100)), usage_at(now, 90))) == 0);
  CHECK(erasures(publish_over(std::nullopt, usage_at(now, 90))) == 0);
}

TEST_CASE("alive_operations: the gate is open and the beginning known", "[quota]") {
  const auto operations = alive_operations("mx", now);
  REQUIRE(operations.size() == 2);
  const auto& gate = std::get<store::Put>(operations[0]);
  CHECK(store::Operation(store::Get{gate.key}) == gate_lookup());
  const auto& alive = std::get<store::Put>(operations[1]);
  CHECK(store::Operation(store::Get{alive.key}) == alive_lookup("mx"));
  CHECK(since_of(store::Value{alive.value}) == now);
  CHECK(alive.lifetime > alive_interval);
  CHECK(away_operations("mx") == std::vector<store::Operation>{store::Erase{alive.key}});
  CHECK_FALSE(since_of(store::Value{"x"}));
  CHECK_FALSE(since_of(store::Value{}));
}

}  // namespace
}  // namespace postern::quota
