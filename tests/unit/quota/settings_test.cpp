#include "lib/quota/settings.hpp"

#include "lib/config/document.hpp"
#include "tests/support/catch.hpp"

namespace postern::quota {
namespace {

Expected<Settings, config::ConfigError> load(std::string_view text) {
  const auto document = config::parse_document(text, "test.toml");
  REQUIRE(document);
  return load_settings(*document);
}

TEST_CASE("quota settings: defaults", "[quota]") {
  const auto settings = load("");
  REQUIRE(settings);
  CHECK(settings->warn_levels == std::vector<std::int64_t>{80, 95});
  CHECK(settings->max_age == std::chrono::hours(1));
  CHECK(settings->local_part_domains.domains.empty());
}

TEST_CASE("quota settings: levels in any order, or none", "[quota]") {
  CHECK(load("[quota]\nwarn_at = [\"90%\", \"5%\"]")->warn_levels ==
        std::vector<std::int64_t>{5, 90});
  CHECK(load("[quota]\nwarn_at = []")->warn_levels.empty());
}

TEST_CASE("quota settings: a level that is none is named with its line", "[quota]") {
  const auto text = GENERATE(as<std::string>{}, "90", "0%", "100%", "%", "9%0", "9.5%", "");
  const auto settings = load("[quota]\nwarn_at = [\"" + text + "\"]");
  REQUIRE_FALSE(settings);
  CHECK(settings.error().line == 2);
  CHECK(settings.error().problem.find("quota.warn_at") == 0);
}

}  // namespace
}  // namespace postern::quota
