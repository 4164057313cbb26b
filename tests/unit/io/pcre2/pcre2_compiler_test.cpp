// Expected results are those of Perl 5.36: perl -e 'print $text =~ /pattern/aa'.
#include "lib/io/pcre2/pcre2_compiler.hpp"

#include <time.h>

#include <string>
#include <thread>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using antispam::RegexMatch;
using Groups = std::vector<std::pair<std::size_t, std::size_t>>;
constexpr std::size_t npos = std::string_view::npos;

std::unique_ptr<antispam::Regex> compiled(std::string_view pattern) {
  auto regex = Pcre2Compiler().compile(pattern);
  REQUIRE(regex);
  return std::move(*regex);
}

bool matches(std::string_view pattern, std::string_view text) {
  return static_cast<bool>(compiled(pattern)->find(text));
}

TEST_CASE("this process may make machine code", "[io]") {
  CHECK(Pcre2Compiler::makes_machine_code());
}

TEST_CASE("Pcre2Compiler: classes are ASCII, case folds in Latin-1", "[io][pcre2]") {
  CHECK_FALSE(matches("\\w", "\xE9"));
  CHECK_FALSE(matches("[[:alpha:]]", "\xE9"));
  CHECK_FALSE(matches("\\s", "\xA0"));
  CHECK(matches("\\s", "\x0B"));
  CHECK(matches("(?i)\xE9", "\xC9"));
  CHECK(matches("(?i)\xC9", "\xE9"));
  CHECK_FALSE(matches("\xE9", "\xC9"));
  CHECK_FALSE(matches("(?i)[^\xE9]", "\xC9"));
  CHECK(matches("(?i)[\xE0-\xE6]", "\xC4"));
  CHECK_FALSE(matches("(?i)\xD7", "\xF7"));
  CHECK_FALSE(matches("(?i)\xDF", "\xFF"));
  CHECK_FALSE(matches("(?i)ss", "\xDF"));
}

TEST_CASE("Pcre2Compiler: octets, not characters", "[io][pcre2]") {
  CHECK(matches("^..$", "\xC3\xA9"));
  CHECK_FALSE(Pcre2Compiler().compile("(*UTF)a"));
  CHECK(matches("^a.b$", std::string_view("a\0b", 3)));
}

TEST_CASE("Pcre2Compiler: lines end with LF", "[io][pcre2]") {
  CHECK(matches("a$", "a\n"));
  CHECK_FALSE(matches("a$", "a\r\n"));
  CHECK(matches("(?m)^b", "a\nb"));
  CHECK_FALSE(matches("(?m)^b", "a\rb"));
  CHECK_FALSE(matches("a.b", "a\nb"));
}

TEST_CASE("Regex: matches one after the other", "[io][pcre2]") {
  const auto regex = compiled("a*");
  RegexMatch match = regex->find("baac");
  CHECK((match.begin == 0 && match.end == 0));
  match = regex->find("baac", 0, true);
  CHECK((match.begin == 1 && match.end == 3));
  match = regex->find("baac", 3, false);
  CHECK((match.begin == 3 && match.end == 3));
  CHECK(regex->find("baac", 5).outcome == RegexMatch::Outcome::no_match);
  CHECK(compiled("(?<=b)a")->find("ba", 1));
}

TEST_CASE("Regex: groups and their names", "[io][pcre2]") {
  const auto regex = compiled("(?<FIRST>a)(b)?(?<LAST>c)");
  const RegexMatch match = regex->find_groups("xac");
  CHECK(match.groups == Groups{{1, 2}, {npos, npos}, {2, 3}});
  using Names = std::vector<std::pair<std::string, unsigned>>;
  CHECK(regex->names() == Names{{"FIRST", 1}, {"LAST", 3}});
  CHECK_FALSE(regex->find_groups("x"));
}

// More than 65,535 octets of compiled code, which Debian's library of octets refuses.
std::string large_pattern() {
  std::string pattern = "(?i)start(?<N>";
  for (int i = 0; i < 6'000; ++i) pattern += "[a\xE9" + std::to_string(i % 10) + "]?";
  return pattern + ")stop\xE9";
}

TEST_CASE("Pcre2Compiler: patterns too large for octets", "[io][pcre2]") {
  const auto regex = compiled(large_pattern());
  const RegexMatch match = regex->find_groups(
      "xx START\xC9"
      "9stop\xC9");
  REQUIRE(match);
  CHECK((match.begin == 3 && match.end == 15));
  CHECK(match.groups == Groups{{8, 10}});
  CHECK(regex->names().front() == std::pair<std::string, unsigned>("N", 1));
  CHECK_FALSE(regex->find("start stop"));
  CHECK_FALSE(regex->find(""));
}

TEST_CASE("Pcre2Compiler: says what is wrong", "[io][pcre2]") {
  const auto refused = Pcre2Compiler().compile("secret(");
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == "at offset 7: missing closing parenthesis");
}

TEST_CASE("Regex: a pattern that explodes gives up", "[io][pcre2][security]") {
  const auto regex = compiled("^(a+)+$");
  CHECK(regex->find(std::string(60, 'a') + "b").outcome == RegexMatch::Outcome::limit);
  const auto deep = compiled("^(?:a|b|(?:cd|c))*$");
  CHECK(deep->find(std::string(50'000'000, 'c') + "x").outcome != RegexMatch::Outcome::match);
}

// Where a match begins and ends, as a search without pieces finds them.
TEST_CASE("Regex: long subjects are searched by pieces, with the same result", "[io][pcre2]") {
  std::string text;
  for (int i = 0; text.size() < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
  const auto begin = [&](std::string_view pattern, std::size_t from = 0) {
    const RegexMatch match = compiled(pattern)->find(text, from);
    return match ? match.begin : npos;
  };
  const std::size_t at = text.find("line 1234");
  CHECK(begin("line 1234") == at);
  CHECK(begin("(?<=line )1234") == at + 5);
  CHECK(begin("(?m)^.*1234") == at);
  CHECK(begin(".*1234") == at);
  CHECK(begin("(?s).*1234") == 0);
  CHECK(begin("\\b1234\\b") == at + 5);
  CHECK(begin("(?:line \\d+\\n){300}line 1500") == text.find("line 1200\n"));
  CHECK(begin("^line 1234") == npos);
  CHECK(begin("line \\d+$") == text.rfind("line"));
  CHECK(begin("\\z") == text.size());
  CHECK(begin("\\Gline 1234", at) == at);
  CHECK(begin("\\Gline 1234", at - 40) == npos);
  CHECK(begin("line 1234", at + 1) == npos);
  const RegexMatch empty = compiled("(?=line 1234)")->find(text, at, true);
  CHECK_FALSE(empty);
}

std::chrono::steady_clock::time_point thread_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(time.tv_sec) +
                                               std::chrono::nanoseconds(time.tv_nsec));
}

// Sizes and patterns for which the number of steps at one place says nothing of the time.
TEST_CASE("Regex: no pattern outlasts the deadline", "[io][pcre2][security]") {
  const std::string text(2 * 1'024 * 1'024, 'a');
  for (const char* pattern :
       {"(?s)a.*b", "(a+)+$", "(?s)a.{0,150}.*b", "(?s).*.*b", "(?s)a.*?a.*?b", "(?:a|aa)+\\d",
        "(?s)(?=(a.*b|a.*c))", "(a*)*\\1b", "(?<=a)(?:.*a){2}\\d", "a{1000}.*\\d{2}"}) {
    CAPTURE(pattern);
    antispam::Deadline deadline({thread_time, nullptr}, std::chrono::milliseconds(400));
    const antispam::Deadline::Turn turn(deadline);
    const auto began = thread_time();
    // With what it asks for at the end, so that nothing is known beforehand.
    CHECK(compiled(pattern)->find(text + "cc", 0, false, &deadline).outcome !=
          RegexMatch::Outcome::match);
    CHECK(thread_time() - began < std::chrono::seconds(2));
  }
}

TEST_CASE("Regex: a search that is watched finds what others find", "[io][pcre2]") {
  const std::string text = "x" + std::string(1'900, 'a') + "bc";
  const RegexMatch match = compiled("a(?:a|b)*?(b)c")->find_groups(text);
  REQUIRE(match);
  CHECK((match.begin == 1 && match.end == text.size()));
  CHECK(match.groups == Groups{{1'901, 1'902}});
  const RegexMatch wide = compiled(large_pattern())->find(text);
  CHECK(wide.outcome == RegexMatch::Outcome::no_match);
}

TEST_CASE("Regex: many threads at once", "[io][pcre2]") {
  const auto regex = compiled("(?i)needle(?:.{0,40}hay)+$");
  std::vector<std::thread> threads;
  std::vector<int> found(4);
  for (std::size_t i = 0; i < found.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 1'000; ++n) found[i] += regex->find("a NEEDLE in the hay") ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(found == std::vector<int>(4, 1'000));
}

}  // namespace
}  // namespace postern::io
