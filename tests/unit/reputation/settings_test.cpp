#include "lib/reputation/settings.hpp"

#include "tests/support/catch.hpp"

namespace postern::reputation {
namespace {

TEST_CASE("load_configuration: defaults are those of the code", "[reputation]") {
  const auto read = load_configuration({});
  REQUIRE(read);
  CHECK(read->enabled);
  CHECK(read->settings().half_life == Settings{}.half_life);
  CHECK(read->settings().believed == Settings{}.believed);
}

TEST_CASE("load_configuration: a half-life has to remember something", "[reputation]") {
  const auto document = config::parse_document("[reputation]\nhalf_life = \"59m\"\n", "file");
  REQUIRE(document);
  CHECK(config::check_keys(*document, setting_rows()));
  const auto read = load_configuration(*document);
  REQUIRE_FALSE(read);
  CHECK(read.error().text() == "file:2: reputation.half_life: is below 1h");
}

}  // namespace
}  // namespace postern::reputation
