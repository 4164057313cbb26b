#include "lib/base/named_values.hpp"

#include <array>
#include <map>

#include "tests/support/catch.hpp"

namespace postern {
namespace {

constexpr std::array<ValueName, 3> names = {{{"a", "has no a"}, {"b", "has no b"}, {"c"}}};
constexpr RecordForm form{"v1", "does not start with v1", names, 60};

Parsed<std::map<std::size_t, std::string>> read(std::string_view line) {
  std::map<std::size_t, std::string> values;
  const auto done = read_named_values(
      line, form, [&](std::size_t name, std::string_view value) -> std::string_view {
        values[name] = value;
        return value == "bad" ? "is bad" : "";
      });
  if (!done) return Unexpected<ParseError>(done.error());
  return values;
}

TEST_CASE("read_named_values: any order, names that are not known, and a line end", "[base]") {
  const auto values = read("v1  b=2 later=x a=1 c=\n");
  REQUIRE(values);
  CHECK(*values == std::map<std::size_t, std::string>{{0, "1"}, {1, "2"}, {2, ""}});
}

TEST_CASE("read_named_values: what is wrong, and where", "[base]") {
  struct Case {
    std::string line;
    std::string problem;
    std::size_t offset;
  };
  const auto wrong = GENERATE(values<Case>({
      {"", "does not start with v1", 0},
      {"v2 a=1 b=2", "does not start with v1", 0},
      {"v1 a=1", "has no b", 6},
      {"v1 c=1 b=1", "has no a", 10},
      {"v1 a=1 a=2 b=3", "is given twice", 7},
      {"v1 a=1 b", "is no name=value", 7},
      {"v1 a=1 b=bad", "is bad", 9},
      {"v1 a=1 b=2 c=" + std::string(60, 'x'), "is too long", 60},
  }));
  const auto values = read(wrong.line);
  REQUIRE_FALSE(values);
  CHECK(values.error().problem == wrong.problem);
  CHECK(values.error().offset == wrong.offset);
}

TEST_CASE("escape_value: one printable word that is read back", "[base]") {
  const auto text =
      GENERATE(as<std::string>{}, "alice", "a b%c", "\xC3\xA4@example.org", "a\nb=c\r", "%41");
  const std::string value = escape_value(text);
  CHECK(value.find_first_of(" \r\n") == value.npos);
  std::string again;
  CHECK(unescape_value(value, 100, again));
  CHECK(again == text);
}

TEST_CASE("unescape_value: what nobody writes", "[base][security]") {
  std::string text;
  for (const char* value : {"", "%", "%4", "%zz", "\xC3\xA4", "a b", "12345678901"}) {
    INFO(value);
    CHECK_FALSE(unescape_value(value, 10, text));
  }
}

TEST_CASE("read_number: digits within the bound", "[base]") {
  std::int64_t number = 0;
  CHECK(read_number("0", 5, number));
  CHECK(read_number("5", 5, number));
  CHECK(number == 5);
  for (const char* value : {"", "6", "-1", "+1", "1x", " 1", "99999999999999999999"}) {
    INFO(value);
    CHECK_FALSE(read_number(value, 5, number));
  }
}

}  // namespace
}  // namespace postern
