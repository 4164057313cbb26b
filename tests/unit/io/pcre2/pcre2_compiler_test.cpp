// Expected results are those of Perl 5.36: perl -e 'print $text =~ /pattern/aa'.
#include "lib/io/pcre2/pcre2_compiler.hpp"

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
