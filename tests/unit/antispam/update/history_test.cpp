#include "lib/antispam/update/history.hpp"

#include "lib/antispam/update/channel.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using Catch::Matchers::Contains;

constexpr const char* other_channel = "rules.example.org";

UsedState state(std::uint64_t version, char digit, std::optional<std::int64_t> signed_at,
                std::string channel = std::string(default_channel)) {
  return {std::move(channel), version, std::string(128, digit), signed_at};
}

std::string problem(const RuleHistory& history, std::uint64_t version,
                    std::optional<std::uint64_t> present = {}) {
  return problem_of_version(history, default_channel, version, present);
}

TEST_CASE("parse_history: reads what was written", "[antispam]") {
  const RuleHistory history = {state(1, 'a', 1'700'000'000), state(2, 'b', {}),
                               state(7, 'c', -1, other_channel)};
  const auto read = parse_history(format_history(history));
  REQUIRE(read);
  CHECK(*read == history);
  CHECK(parse_history("")->empty());
}

TEST_CASE("parse_history: a line that is none is named", "[antispam]") {
  const std::string good = format_history({state(1, 'a', {})});
  for (const std::string bad : {"", "x", "a.example 1 abc -", "../x 1 - -"}) {
    CAPTURE(bad);
    const auto read = parse_history(good + bad + "\n");
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error(), Contains("line 2: ") && Contains("remove the line"));
  }
  CHECK_FALSE(parse_history(good.substr(0, good.size() - 2)));  // without the time
  CHECK_FALSE(parse_history(good.substr(0, good.size() - 2) + "1x\n"));
}

TEST_CASE("add_used_state: the newest is the last, and the oldest are forgotten", "[antispam]") {
  RuleHistory history;
  for (std::uint64_t version = 0; version < max_used_states + 5; ++version) {
    add_used_state(history, state(version, 'a', {}));
  }
  CHECK(history.size() == max_used_states);
  CHECK(history.front().version == 5);
  add_used_state(history, state(5, 'a', {}));
  CHECK(history.size() == max_used_states);
  CHECK(history.back().version == 5);
}

TEST_CASE("problem_of_version: none older than one that was in use", "[antispam][security]") {
  const RuleHistory history = {state(3, 'a', {}), state(5, 'b', {}),
                               state(90, 'c', {}, other_channel)};
  CHECK(problem(history, 5).empty());  // the operator went back, and takes it again
  CHECK(problem(history, 6).empty());
  CHECK_THAT(problem(history, 4), Contains("older than version 5") && Contains("--accept 4"));
  CHECK_THAT(problem({}, 4, 5), Contains("older than version 5"));
  // What the operator accepted is the newest, though a greater number was in use before.
  CHECK(problem({state(9'000'000, 'a', {}), state(5, 'b', {})}, 6).empty());
}

TEST_CASE("problem_of_version: no number that no real one would reach", "[antispam][security]") {
  const RuleHistory history = {state(1'900'001, 'a', {})};
  CHECK(problem(history, 1'900'900).empty());
  CHECK(problem(history, 3'800'002).empty());
  CHECK_THAT(problem(history, 3'800'003), Contains("beyond reason after 1900001"));
  CHECK_THAT(problem(history, 99'999'999), Contains("--accept 99999999"));
  CHECK_FALSE(problem(history, UINT64_MAX).empty());
  CHECK(problem({state(1, 'a', {})}, 1'000'001).empty());
  CHECK(problem({}, 1'900'001).empty());
  CHECK_THAT(problem({}, 99'999'999), Contains("beyond reason,"));
  CHECK(problem_of_version({}, other_channel, 1'750'000'000, {}).empty());  // seconds
}

TEST_CASE("problem_of_state: an old archive under a new number", "[antispam][security]") {
  const RuleHistory history = {state(3, 'a', 1'000), state(5, 'b', 2'000),
                               state(8, 'c', 9'000, other_channel)};
  CHECK(problem_of_state(history, state(5, 'b', 2'000)).empty());
  CHECK(problem_of_state(history, state(6, 'b', 2'000)).empty());  // published once more
  CHECK(problem_of_state(history, state(6, 'd', 2'000)).empty());
  CHECK(problem_of_state(history, state(6, 'd', {})).empty());
  CHECK_THAT(problem_of_state(history, state(6, 'a', 3'000)),
             Contains("that of version 3") && Contains("--accept 6"));
  CHECK_THAT(problem_of_state(history, state(6, 'c', 9'000)), Contains(other_channel));
  // Never in use here, but signed before what was.
  CHECK_THAT(problem_of_state(history, state(6, 'd', 1'999)), Contains("signed before"));
}

}  // namespace
}  // namespace postern::antispam
