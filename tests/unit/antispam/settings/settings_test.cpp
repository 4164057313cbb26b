#include "lib/antispam/settings/settings.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

using Catch::Matchers::Contains;

Expected<Settings, config::ConfigError> read(std::string_view text) {
  const auto document = config::parse_document(text, "postern.toml");
  REQUIRE(document.has_value());
  return load_settings(*document);
}

TEST_CASE("defaults") {
  const auto settings = read("");
  REQUIRE(settings.has_value());
  CHECK_FALSE(settings->enabled);
  CHECK(settings->required_score == 0);
  CHECK(settings->max_size.bytes == 2 * 1024 * 1024);
  CHECK(settings->required_for("anna@example.org") == 0);
}

TEST_CASE("scores are numbers with or without a point, or texts in lists") {
  const auto settings = read(
      "[antispam]\nrequired_score = 6.5\nscores = [\"A=1.5\", \"B=-2\", \"A=0\"]\n"
      "recipient_scores = [\"Anna@Example.org=7\", \"@example.net=4.5\"]\n");
  REQUIRE(settings.has_value());
  CHECK(settings->required_score == 6.5);
  CHECK(settings->scores.scores.at("A") == 0);
  CHECK(settings->scores.scores.at("B") == -2);
  CHECK(settings->required_for("anna@example.ORG") == 7);
  CHECK(settings->required_for("x@example.net") == 4.5);
  CHECK(settings->required_for("x@sub.example.net") == 0);
}

TEST_CASE("what is no score is an error with file and line") {
  for (const char* text :
       {"scores = [\"A\"]", "scores = [\"=1\"]", "scores = [\"A=x\"]", "scores = [\"A=1e3\"]",
        "scores = [\"A=99999\"]", "recipient_scores = [\"anna=5\"]",
        "recipient_scores = [\"a@b=0\"]", "required_score = -1", "required_score = \"5\"",
        "required_score = nan"}) {
    const auto settings = config::parse_document(std::string("[antispam]\n") + text, "postern.toml")
                              .and_then([](const config::Document& d) { return load_settings(d); });
    REQUIRE_FALSE(settings.has_value());
    CHECK_THAT(settings.error().text(), Contains("postern.toml:2: "));
  }
}

}  // namespace
}  // namespace postern::antispam
