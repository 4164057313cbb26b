// Tests of what changed between two runs.
#include "lib/doctor/changes.hpp"

#include "tests/support/catch.hpp"

namespace postern::doctor {
namespace {

Finding make(const std::string& check, Severity severity, const std::string& text) {
  return {check, "s", severity, text, "", ""};
}

TEST_CASE("changes: nothing new is nothing", "[doctor]") {
  const Findings before = {make("a", Severity::ok, "x"), make("b", Severity::error, "y")};
  Findings now = before;
  now[1].detail = "3 days left";
  now[1].remedy = "do";
  CHECK(changes(before, now, {}).empty());
}

TEST_CASE("changes: the first run tells all but what is ok", "[doctor]") {
  const Findings now = {make("a", Severity::ok, "x"), make("b", Severity::warning, "y"),
                        make("c", Severity::skipped, "z")};
  const Findings changed = changes({}, now, {});
  REQUIRE(changed.size() == 2);
  CHECK(changed[0].check == "b");
  CHECK(changed[1].check == "c");
}

TEST_CASE("changes: worse, better, other, gone", "[doctor]") {
  const Findings before = {make("a", Severity::ok, "x"), make("b", Severity::error, "y"),
                           make("c", Severity::error, "z"), make("d", Severity::warning, "w")};
  const Findings now = {make("a", Severity::error, "bad"), make("b", Severity::ok, "fine"),
                        make("c", Severity::error, "other")};
  const Findings changed = changes(before, now, {});
  REQUIRE(changed.size() == 4);
  CHECK(changed[0] == now[0]);
  CHECK(changed[1] == now[1]);
  CHECK(changed[2] == now[2]);
  CHECK(changed[3] == make("d", Severity::ok, "no more: w"));
}

TEST_CASE("changes: checks that did not run are not gone", "[doctor]") {
  const Findings before = {make("a", Severity::error, "x"), make("b", Severity::error, "y")};
  const Findings now = {make("a", Severity::error, "x")};
  CHECK(changes(before, now, {"a"}).empty());
  CHECK(kept(before, now, {"a"}).size() == 2);
  CHECK(kept(before, now, {}) == now);
}

TEST_CASE("format_state: reads back", "[doctor]") {
  const Findings findings = {make("a", Severity::error, "x \"quoted\" \xff"),
                             make("b", Severity::skipped, "")};
  const auto parsed = parse_state(format_state(findings));
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 2);
  CHECK((*parsed)[0].severity == Severity::error);
  CHECK((*parsed)[0].text == "x \"quoted\" \xef\xbf\xbd");
  CHECK((*parsed)[1] == findings[1]);
}

TEST_CASE("parse_state: damaged files are refused", "[doctor]") {
  const auto text = GENERATE(
      as<std::string>{}, "", "[]", "{}", R"({"version":2,"findings":[]})",
      R"({"version":1,"findings":{}})", R"({"version":1,"findings":[1]})",
      R"({"version":1,"findings":[{"name":"a","subject":"s","severity":"bad","text":""}]})",
      R"({"version":1,"findings":[{"name":1,"subject":"s","severity":"ok","text":""}]})",
      std::string(100'000, '['));
  CHECK_FALSE(parse_state(text));
}

}  // namespace
}  // namespace postern::doctor
