#include "lib/antivirus/governor.hpp"

#include "lib/antivirus/status.hpp"
#include "tests/support/catch.hpp"

namespace postern::antivirus {

TEST_CASE("governor: goes down at once, and is off when memory stays short") {
  Governor governor;
  CHECK(governor.decide(100, 1000, 5000) == Mode::full);
  CHECK(governor.decide(100, 1000, 200) == Mode::full);
  CHECK(governor.decide(100, 1000, 199) == Mode::attachments);
  CHECK(governor.decide(100, 1000, 99) == Mode::attachments);
  CHECK(governor.decide(100, 1000, 99) == Mode::attachments);
  CHECK(governor.decide(100, 1000, 100) == Mode::attachments);
  for (int look = 1; look < 3; ++look) CHECK(governor.decide(100, 1000, 1) == Mode::attachments);
  CHECK(governor.decide(100, 1000, 99) == Mode::off);
  Governor other;
  CHECK(other.decide(100, 1000, 0) == Mode::off);
}

TEST_CASE("governor: goes up only when there is clearly more room") {
  Governor governor;
  CHECK(governor.decide(100, 1000, 150) == Mode::attachments);
  CHECK(governor.decide(100, 1000, 249) == Mode::attachments);
  CHECK(governor.decide(100, 1000, 250) == Mode::full);
}

TEST_CASE("governor: what the signatures gave back does not bring them back") {
  Governor governor;
  CHECK(governor.decide(100, 1000, 50) == Mode::off);
  CHECK(governor.decide(100, 1000, 50 + 1000) == Mode::off);
  CHECK(governor.decide(100, 1000, 1299) == Mode::off);
  CHECK(governor.decide(100, 1000, 1300) == Mode::full);
  CHECK(governor.decide(100, 1000, 300) == Mode::full);  // they are loaded: nothing changes
}

TEST_CASE("governor: without a floor, or without figures") {
  Governor governor;
  CHECK(governor.decide(0, 1000, 1) == Mode::full);
  CHECK(governor.decide(100, 1000, std::nullopt) == Mode::full);
  CHECK(governor.decide(100, 1000, 10) == Mode::off);
  CHECK(governor.decide(100, 1000, std::nullopt) == Mode::off);
  CHECK(governor.decide(0, 1000, 10) == Mode::full);
}

TEST_CASE("status: is read as written") {
  Status status;
  status.mode = Mode::attachments;
  status.generation = "abc";
  status.signatures = 8'000'000;
  status.since = 1'790'000'000'000;
  status.loading = true;
  status.children = 2;
  status.busy = 1;
  status.waiting = 3;
  status.scanned = 4;
  status.infected = 5;
  status.unscannable = 6;
  status.retried = 7;
  status.cache_hits = 8;
  status.memory = 9;
  status.problem = "no space left";
  const auto read = parse_status(format(status));
  REQUIRE(read);
  CHECK(format(*read) == format(status));
  CHECK(read->mode == Mode::attachments);
  CHECK(read->loading);
  CHECK(read->signatures == 8'000'000);
  CHECK(read->memory == 9);
  CHECK(read->problem == "no space left");
  CHECK(parse_status(format(Status{})));
  for (const char* text : {"", "status1", "status1 mode=half", "status1 mode=full busy=x",
                           "status1 mode=full loading=2"}) {
    INFO(text);
    CHECK_FALSE(parse_status(text));
  }
}

TEST_CASE("status: the answer to a reload is read as written") {
  const auto done = parse_reload_answer(format(ReloadAnswer{"abc", 5, {}}));
  REQUIRE(done);
  CHECK(done->generation == "abc");
  CHECK(done->signatures == 5);
  CHECK(done->problem.empty());
  const auto failed = parse_reload_answer(format(ReloadAnswer{{}, 0, "bad file"}));
  REQUIRE(failed);
  CHECK(failed->problem == "bad file");
  CHECK_FALSE(parse_reload_answer("reloaded2"));
}

}  // namespace postern::antivirus
