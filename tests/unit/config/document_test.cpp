#include "lib/config/document.hpp"

#include "tests/support/catch.hpp"

namespace postern::config {
namespace {

TEST_CASE("parse_document: keys carry their section, line, and file", "[config]") {
  const auto document = parse_document(
      "mode = \"enforce\"\n\n[spf]\nenabled = false\nlist = [\"a\", \"b\"]\nn = 5\n", "f.toml");
  REQUIRE(document.has_value());
  CHECK(document->at("mode").value == Value("enforce"));
  CHECK(document->at("spf.enabled").value == Value(false));
  CHECK(document->at("spf.enabled").line == 4);
  CHECK(document->at("spf.list").value == Value(std::vector<std::string>{"a", "b"}));
  CHECK(document->at("spf.n").value == Value(std::int64_t{5}));
  CHECK(document->at("spf.n").file == "f.toml");
}

TEST_CASE("parse_document: errors name file and line", "[config]") {
  const auto [text, line] = GENERATE(table<std::string, std::size_t>({
      {"mode = \n", 1},
      {"a = 1\nb = = 2\n", 2},
      {"a = 1\n\nb = 1979-05-27\n", 3},
      {"a = nan\n", 1},
      {"a = [1, 2]\n", 1},
      {"[a]\n[a.b.c.d]\ne = 1\n", 2},
      {"a = \"unclosed\n", 1},
      {"a = 1\na = 2\n", 2},
  }));
  const auto document = parse_document(text, "postern.toml");
  REQUIRE_FALSE(document.has_value());
  INFO(document.error().text());
  CHECK(document.error().line == line);
  CHECK(document.error().text().find("postern.toml:" + std::to_string(line) + ": ") == 0);
}

}  // namespace
}  // namespace postern::config
