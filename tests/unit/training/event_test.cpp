#include "lib/training/event.hpp"

#include "tests/support/catch.hpp"

namespace postern::training {
namespace {

const std::string needed = "train1 id=1a-2 kind=spam user=alice@example.org time=1732310000000";

TEST_CASE("parse_event: a whole line", "[training]") {
  const std::string hash(64, 'a');
  const auto event = parse_event("train1 id=1a-2 kind=ham user=alice@example.org hash=" + hash +
                                 " source=move from=junk to=other time=5 cut=yes later=this\n");
  REQUIRE(event);
  CHECK(event->id == "1a-2");
  CHECK(event->kind == Kind::ham);
  CHECK(event->user == "alice@example.org");
  CHECK(event->hash == hash);
  CHECK(event->source == Source::move);
  CHECK(event->from == Role::junk);
  CHECK(event->to == Role::other);
  CHECK(event->time.time_since_epoch().count() == 5);
  CHECK(event->is_cut);
}

TEST_CASE("parse_event: only four words are needed", "[training]") {
  const auto event = parse_event(needed);
  REQUIRE(event);
  CHECK(event->hash.empty());
  CHECK(event->source == Source::command);
  CHECK(event->from == Role::none);
  CHECK_FALSE(event->is_cut);
}

TEST_CASE("parse_event: what is none", "[training][security]") {
  const auto line = GENERATE_COPY(
      as<std::string>{}, "", "train1", "train2" + needed.substr(6),
      "train1 kind=spam user=a time=1", "train1 id=a user=a time=1", "train1 id=a kind=spam time=1",
      "train1 id=a kind=spam user=a", needed + " kind=ham", needed + " word",
      "train1 id=../x kind=spam user=a time=1", "train1 id=-a kind=spam user=a time=1",
      "train1 id=.a kind=spam user=a time=1", "train1 id= kind=spam user=a time=1",
      "train1 id=" + std::string(max_id_size + 1, 'a') + " kind=spam user=a time=1",
      "train1 id=a kind=Spam user=a time=1", "train1 id=a kind=spam user= time=1",
      "train1 id=a kind=spam user=%4 time=1", "train1 id=a kind=spam user=a%zz time=1",
      "train1 id=a kind=spam user=\xC3\xA4 time=1",
      "train1 id=a kind=spam user=" + std::string(max_user_size + 1, 'a') + " time=1",
      "train1 id=a kind=spam user=a time=-1", "train1 id=a kind=spam user=a time=1x",
      "train1 id=a kind=spam user=a time=99999999999999999",
      needed + " hash=" + std::string(63, 'a'), needed + " hash=" + std::string(64, 'A'),
      needed + " source=mv", needed + " from=inbox", needed + " to=", needed + " cut=no",
      needed + " x=" + std::string(max_event_size, 'a'));
  const auto event = parse_event(line);
  REQUIRE_FALSE(event);
  CHECK(event.error().offset <= line.size());
  CHECK_FALSE(event.error().problem.empty());
}

TEST_CASE("format: what was written is read again, whatever the user is called", "[training]") {
  Event event;
  event.id = "0193-1-0";
  event.kind = GENERATE(Kind::spam, Kind::ham, Kind::none);
  event.user = GENERATE(as<std::string>{}, "alice", "a b%c", "\xC3\xA4@example.org", "a\nb=c\r",
                        std::string(max_user_size, '%'));
  event.hash = GENERATE(as<std::string>{}, "", std::string(64, '0'));
  event.source = GENERATE(Source::copy, Source::keyword);
  event.from = Role::trash;
  event.to = GENERATE(Role::junk, Role::none);
  event.time += std::chrono::milliseconds(1'732'310'000'123);
  event.is_cut = GENERATE(true, false);
  const std::string line = format(event);
  CHECK(line.find('\n') == line.npos);
  CHECK(line.size() <= max_event_size);
  const auto again = parse_event(line);
  REQUIRE(again);
  CHECK(*again == event);
}

TEST_CASE("taught_by: into Junk is spam, out of it ham, and throwing away says nothing",
          "[training]") {
  CHECK(taught_by(Role::other, Role::junk) == Kind::spam);
  CHECK(taught_by(Role::trash, Role::junk) == Kind::spam);
  CHECK(taught_by(Role::none, Role::junk) == Kind::spam);
  CHECK(taught_by(Role::junk, Role::other) == Kind::ham);
  CHECK(taught_by(Role::junk, Role::trash) == std::nullopt);
  CHECK(taught_by(Role::junk, Role::junk) == std::nullopt);
  CHECK(taught_by(Role::other, Role::other) == std::nullopt);
  CHECK(taught_by(Role::other, Role::trash) == std::nullopt);
}

}  // namespace
}  // namespace postern::training
