#include "lib/checks/configuration.hpp"

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
  CHECK((*configuration)->disposition.enforcement.mode == disposition::Mode::observe);
  CHECK((*configuration)->checks.size() == table().size());
}

TEST_CASE("load_configuration: one clear error for each mistake", "[config]") {
  const auto [text, problem] = GENERATE(Catch::Generators::table<std::string, std::string>({
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

}  // namespace
}  // namespace postern::checks
