#include "lib/antispam/engine/count_matches.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

// Finds a word; the empty word matches everywhere; "!" gives up.
class WordRegex final : public Regex {
 public:
  explicit WordRegex(std::string word) : word_(std::move(word)) {}
  RegexMatch find(std::string_view subject, std::size_t from, bool not_empty,
                  Deadline* /*deadline*/) const override {
    if (word_ == "!") return {RegexMatch::Outcome::limit};
    if (word_.empty() && not_empty) ++from;
    const std::size_t at = from > subject.size() ? subject.npos : subject.find(word_, from);
    if (at == subject.npos) return {};
    return {RegexMatch::Outcome::match, at, at + word_.size()};
  }
  RegexMatch find_groups(std::string_view subject, std::size_t from,
                         Deadline* deadline) const override {
    RegexMatch match = find(subject, from, false, deadline);
    match.groups = {{match.begin, match.begin + 1}, {subject.npos, subject.npos}};
    return match;
  }
  std::vector<std::pair<std::string, unsigned>> names() const override {
    return {{"FIRST", 1}, {"SECOND", 2}};
  }

 private:
  std::string word_;
};

std::uint32_t count(std::string word, std::vector<std::string_view> lines, CountFlags flags) {
  Deadline deadline;
  return count_matches(WordRegex(std::move(word)), lines, flags, deadline).count;
}

TEST_CASE("count_matches: once, or as often as tflags say", "[antispam][count]") {
  CHECK(count("a", {"aa", "a"}, {}) == 1);
  CHECK(count("a", {"b", "a"}, {}) == 1);
  CHECK(count("a", {"b"}, {}) == 0);
  CHECK(count("a", {}, {true, 0}) == 0);
  CHECK(count("a", {"aba", "", "a"}, {true, 0}) == 3);
  CHECK(count("aa", {"aaaaa"}, {true, 0}) == 2);
  CHECK(count("a", {"aba", "a"}, {true, 2}) == 2);
  CHECK(count("a", {"aba", "a"}, {true, 9}) == 3);
}

TEST_CASE("count_matches: empty matches, one at each place", "[antispam][count]") {
  CHECK(count("", {"ab"}, {true, 0}) == 3);
  CHECK(count("", {"", "a"}, {true, 0}) == 3);
}

TEST_CASE("count_matches: a pattern that gives up", "[antispam][count]") {
  const std::vector<std::string_view> lines = {"a"};
  Deadline deadline;
  const MatchCount found = count_matches(WordRegex("!"), lines, {true, 0}, deadline);
  CHECK(found.count == 0);
  CHECK(found.over_limit);
}

std::chrono::steady_clock::time_point time_of_test;

// Each look at it takes a millisecond.
std::chrono::steady_clock::time_point slow_clock() {
  return time_of_test += std::chrono::milliseconds(1);
}

TEST_CASE("count_matches: the deadline is asked at each line and each match", "[antispam][count]") {
  const std::string text(100'000, 'a');
  for (const std::vector<std::string_view>& lines :
       {std::vector<std::string_view>{text}, std::vector<std::string_view>(100'000, "b")}) {
    Deadline deadline({slow_clock, nullptr}, std::chrono::milliseconds(40));
    const Deadline::Turn turn(deadline);
    const MatchCount found = count_matches(WordRegex("a"), lines, {true, 0}, deadline);
    CHECK(found.over_limit);
    CHECK(found.count < 100);
  }
}

TEST_CASE("count_matches: captures of every match", "[antispam][count]") {
  const std::vector<std::string_view> lines = {"xab", "ab"};
  NamedCaptures captures;
  Deadline deadline;
  (void)count_matches(WordRegex("ab"), lines, {true, 0}, deadline, &captures);
  CHECK(captures == NamedCaptures{{"FIRST", "a"}, {"FIRST", "a"}});
}

}  // namespace
}  // namespace postern::antispam
