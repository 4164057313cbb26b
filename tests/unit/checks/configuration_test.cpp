#include "lib/checks/configuration.hpp"

#include <set>

#include "tests/support/catch.hpp"

namespace postern::checks {
namespace {

Expected<std::shared_ptr<const Configuration>, config::ConfigError> load_text(
    const std::string& text) {
  return load_configuration(config::parse_document(text, "postern.toml").value(),
                            "Host.Example.org");
}

TEST_CASE("load_configuration: nothing set gives the defaults and the name of the host",
          "[config]") {
  const auto configuration = load_text("");
  REQUIRE(configuration.has_value());
  CHECK((*configuration)->general.authserv_id == "host.example.org");
  CHECK((*configuration)->disposition.mode == disposition::Mode::observe);
  CHECK((*configuration)->checks.size() == table().size());
}

TEST_CASE("load_configuration: one clear error for each mistake", "[config]") {
  const auto [text, problem] = GENERATE(Catch::Generators::table<std::string, std::string>({
      {"mod = \"enforce\"", "postern.toml:1: unknown parameter \"mod\"; the nearest one is mode"},
      {"mode = \"strict\"",
       "postern.toml:1: mode: is neither \"observe\" nor \"enforce\" (\"observe\" or "
       "\"enforce\"; default \"observe\")"},
      {"\nauthserv_id = \"a b\"",
       "postern.toml:2: authserv_id: is no domain name such as \"mx.example.org\""},
      {"[spf]\nenabled = \"yes\"",
       "postern.toml:2: spf.enabled: is neither true nor false (true or false; default true)"},
  }));
  const auto configuration = load_text(text);
  REQUIRE_FALSE(configuration.has_value());
  CHECK(configuration.error().text() == problem);
}

TEST_CASE("all_rows: every parameter is documented once", "[config]") {
  std::set<std::string_view> names;
  for (const config::Row& row : all_rows()) {
    INFO(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(row.doc.ends_with('.'));
    CHECK(config::parse_value(row.default_text).has_value());
  }
  for (const Check& check : table()) {
    if (!check.rows().empty()) CHECK(names.count(std::string(check.name) + ".enabled") == 1);
  }
}

}  // namespace
}  // namespace postern::checks
