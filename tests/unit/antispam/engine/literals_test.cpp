#include "lib/antispam/engine/literals.hpp"

#include "lib/antispam/engine/literal_prefilter.hpp"
#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using Strings = std::vector<std::string>;

TEST_CASE("required_literals: what a text must have", "[antispam][literals]") {
  CHECK(required_literals("viagra") == Strings{"viagra"});
  CHECK(required_literals("(?i)ViaGra\xC9") == Strings{"viagra\xE9"});
  CHECK(required_literals("\\bviagra\\b") == Strings{"viagra"});
  CHECK(required_literals("a?viagra") == Strings{"aviagra", "viagra"});
  CHECK(required_literals("(?:lottery|jackpot)\\s+won") == Strings{"jackpot ", "lottery "});
  CHECK(required_literals(".*jackpot.{0,5}") == Strings{"jackpot"});
  CHECK(required_literals("jack[pq]ot") == Strings{"jackpot", "jackqot"});
  CHECK(required_literals("(?:jackpot)+x") == Strings{"jackpotx"});
  CHECK(required_literals("(?<N>quux)\\1") == Strings{"quux"});
  CHECK(required_literals("\\x71u\\x{75}x{2}") == Strings{"quuxx"});
  CHECK(required_literals("(?=abc)quux(?!zzz)") == Strings{"quux"});
}

TEST_CASE("required_literals: nothing where nothing is sure", "[antispam][literals]") {
  for (const char* pattern : {"",
                              "a",
                              "ab",
                              "(?:viagra)?",
                              "viagra|",
                              "viagra|a",
                              ".*",
                              "\\w+",
                              "[^a]bc?",
                              "(?R)viagra",
                              "(?x)v i a g r a",
                              "(?:viagra){0}",
                              "(?:viagra){0,3}",
                              "[viagra]+",
                              "(?(1)viagra|b)",
                              "\\p{L}viagra",
                              "(*FAIL)viagra",
                              "viagra)",
                              "(viagra",
                              "[viagra",
                              "viagra\\"}) {
    CAPTURE(pattern);
    CHECK(required_literals(pattern).empty());
  }
}

TEST_CASE("required_literals: white space is one octet to literals", "[antispam][literals]") {
  CHECK(required_literals("quux\\sjazz") == Strings{"quux jazz"});
  CHECK(required_literals("quux\\njazz") == Strings{"quux jazz"});
}

TEST_CASE("required_literals: nesting and size are bounded", "[antispam][literals][security]") {
  const std::string deep = std::string(100'000, '(') + "viagra" + std::string(100'000, ')');
  CHECK(required_literals(deep).empty());
  std::string wide = "quux(?:";
  for (int i = 0; i < 10'000; ++i) wide += "word" + std::to_string(i) + "|";
  CHECK(required_literals(wide + "x)") == Strings{"quux"});
  std::string classes;
  for (int i = 0; i < 10'000; ++i) classes += "[abc]";
  CHECK(required_literals(classes).size() < 1'000);
}

FirstLines first_lines(const std::vector<std::string_view>& patterns,
                       const std::vector<std::string_view>& lines) {
  return LiteralPrefilter(patterns).first_lines(lines);
}

TEST_CASE("LiteralPrefilter: the first line that can match", "[antispam][prefilter]") {
  CHECK(first_lines({"viagra", "\\w", "(?i)jackpot", "lottery"},
                    {"a line", "a JackPot here", "VIAGRA and jackpot"}) ==
        FirstLines{2, 0, 1, no_line});
  CHECK(first_lines({"viagra"}, {"via", "gra", "viagr", "iagra"}) == FirstLines{no_line});
  CHECK(first_lines({"viagra"}, {"viagra"}) == FirstLines{0});
  CHECK(first_lines({"viagra"}, {}) == FirstLines{no_line});
  CHECK(first_lines({}, {"viagra"}).empty());
  CHECK(first_lines({"quux\\s+jazz", "jazz!"}, {"quux\njazz!"}) == FirstLines{0, 0});
  CHECK(first_lines({"xq\xC9z"}, {"XQ\xE9Z"}) == FirstLines{0});
}

TEST_CASE("LiteralPrefilter: literals that share their octets", "[antispam][prefilter]") {
  CHECK(first_lines({"xyzzy", "xyzzyx", "axyzzy", "zzyxz"}, {"axyzzyxz"}) ==
        FirstLines{0, 0, 0, 0});
  CHECK(first_lines({"xyzzy", "xyzzyx", "axyzzy"}, {"xyzzy"}) == FirstLines{0, no_line, no_line});
}

}  // namespace
}  // namespace postern::antispam
