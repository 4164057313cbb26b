#include "lib/parameters/parameters.hpp"

#include <set>

#include "lib/checks/check.hpp"
#include "tests/support/catch.hpp"

namespace postern::parameters {
namespace {

TEST_CASE("all_rows: every parameter is documented once", "[config]") {
  std::set<std::string_view> names;
  for (const config::Row& row : all_rows()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(row.doc.ends_with('.'));
    CHECK(config::parse_value(row.default_text).has_value());
  }
  for (const checks::Check& check : checks::table()) {
    if (!check.rows().empty()) CHECK(names.count(std::string(check.name) + ".enabled") == 1);
  }
}

TEST_CASE("all_rows: parameters of a section stand together", "[config]") {
  std::set<std::string_view> ended;
  std::string_view section = "none";
  for (const config::Row& row : all_rows()) {
    const std::string_view next = row.name.substr(0, std::min(row.name.find('.'), row.name.size()));
    if (row.name.find('.') == row.name.npos || next == section) continue;
    INFO(row.name);
    CHECK(ended.insert(next).second);
    section = next;
  }
}

TEST_CASE("load: one clear error for a mistake in a section of any program", "[config]") {
  const auto [text, problem] = GENERATE(Catch::Generators::table<std::string, std::string>({
      {"mod = \"enforce\"", "postern.toml:1: unknown parameter \"mod\"; the nearest one is mode"},
      {"[policy]\nrules = [\"nobody\"]", "postern.toml:2: policy.rules: "},
      {"[store]\nurl = \"mysql:x\"", "postern.toml:2: store.url: "},
      {"[spf]\nenabled = \"yes\"", "postern.toml:2: spf.enabled: "},
      {"mode = \"observe\"\nenforce = [\"dmrc\"]",
       "postern.toml:2: enforce: there is no check and no rule \"dmrc\"; there are spf dkim "
       "dmarc "},
      {"[policy]\nnotice_server = \"localhost\"", "postern.toml:2: policy.notice_server: "},
  }));
  const auto configuration =
      load(config::parse_document(text, "postern.toml").value(), "host.example.org");
  REQUIRE_FALSE(configuration.has_value());
  CHECK(configuration.error().text().substr(0, problem.size()) == problem);
}

TEST_CASE("load: checks and rules of the operator can be enforced by name", "[config]") {
  const std::string text = R"(
enforce = ["dmarc", "greylist", "mine"]
[policy]
rules = ["mine", "greylist"]
[policy.rule."mine"]
action = "REJECT"
)";
  const auto configuration = load(config::parse_document(text, "a.toml").value(), "h.example.org");
  REQUIRE(configuration.has_value());
  CHECK((*configuration)->disposition.enforcement.text() ==
        "observe, but enforce dmarc greylist mine");
}

TEST_CASE("load: an empty configuration is right", "[config]") {
  CHECK(load({}, "host.example.org").has_value());
}

}  // namespace
}  // namespace postern::parameters
