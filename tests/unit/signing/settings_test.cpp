// Parameters of outbound mail, those of single domains among them.
#include "lib/signing/settings.hpp"

#include "tests/support/catch.hpp"

namespace postern::signing {
namespace {

Expected<Settings, config::ConfigError> load(const std::string& text) {
  const auto document = config::parse_document(text, "f.toml");
  REQUIRE(document.has_value());
  const std::vector<config::Row> rows = setting_rows();
  const auto known = config::check_keys(*document, rows);
  if (!known) return Unexpected<config::ConfigError>(known.error());
  return load_settings(*document);
}

TEST_CASE("load_settings: a domain has what the section says, but for its own table", "[signing]") {
  const auto settings = load(
      "[signing]\nexpire = \"7d\"\nsigned = [\"X-A\"]\n"
      "[signing.domain.\"Example.org\"]\nexpire = \"14d\"\nlist_fields = \"allow\"\n"
      "[signing.domain.\"off.example\"]\nenabled = false\n");
  REQUIRE(settings.has_value());
  CHECK(settings->of("other.example").expire == std::chrono::hours(7 * 24));
  CHECK(settings->of("example.org").expire == std::chrono::hours(14 * 24));
  CHECK(settings->of("example.org").list_fields == ListFields::allow);
  CHECK(settings->of("example.org").signed_names == std::vector<std::string>{"X-A"});
  CHECK(settings->of("example.org").enabled);
  CHECK_FALSE(settings->of("off.example").enabled);
  CHECK(make_policy(settings->of("example.org")).lifetime == 14 * 24 * 3600);
}

TEST_CASE("load_settings: mistakes are named with file and line", "[signing]") {
  const auto [text, line, problem] = GENERATE(table<std::string, std::size_t, std::string>({
      {"[signing]\nexpire = 5\n", 2, "signing.expire"},
      {"[signing]\nsigned = [\"no name\"]\n", 2, "\"no name\" is no name of a header field"},
      {"[signing.domain.\"x.example\"]\nexpires = \"1d\"\n", 2,
       "the nearest one is signing.domain.\"NAME\".expire"},
      {"[signing.domain.\"x.example\"]\nenabled = 3\n", 2, "signing.domain.\"x.example\".enabled"},
      {"[signing.domain.\"x y\"]\nenabled = true\n", 2, "\"x y\" is no domain name"},
      {"[signing.domain.\"x.example\"]\noversigned = [\":\"]\n", 2, "\":\" is no name"},
      {"[signing]\narc_domain = \"a b\"\n", 2, "signing.arc_domain"},
      {"[signing.domains.\"x.example\"]\nenabled = true\n", 2, "unknown parameter"},
  }));
  const auto settings = load(text);
  REQUIRE_FALSE(settings.has_value());
  INFO(settings.error().text());
  CHECK(settings.error().line == line);
  CHECK(settings.error().text().find(problem) != std::string::npos);
}

}  // namespace
}  // namespace postern::signing
