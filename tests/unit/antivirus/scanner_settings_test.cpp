#include "lib/antivirus/scanner_settings.hpp"

#include "tests/support/catch.hpp"

namespace postern::antivirus {
namespace {

std::string problem(const std::string& text) {
  const auto document = config::parse_document(text, "test.toml");
  REQUIRE(document);
  const auto settings = load_scanner_settings(*document);
  return settings ? std::string() : settings.error().text();
}

bool says(const std::string& text, std::string_view expected) {
  INFO(text);
  return text.find(expected) != text.npos;
}

}  // namespace

TEST_CASE("scanner settings: the defaults are right") {
  const auto settings = load_scanner_settings({});
  REQUIRE(settings);
  CHECK(settings->children == 2);
  CHECK(settings->database == "/var/lib/clamav");
  CHECK(settings->memory_floor.bytes == 48U * 1024 * 1024);
}

TEST_CASE("scanner settings: errors name file, line, and what would be right") {
  CHECK(says(problem("[scanner]\nchildren = 0\n"), "test.toml:2: scanner.children: must be"));
  CHECK(says(problem("[scanner]\nchildren = 65\n"), "over 64"));
  CHECK(says(problem("[scanner]\ndatabase = \"clamav\"\n"), "begins with /"));
  CHECK(says(problem("[scanner]\nsocket = \"\"\n"), "begins with /"));
  CHECK(says(problem("[scanner]\ncheck_interval = \"1ms\"\n"), "below 100ms"));
  CHECK(says(problem("[scanner]\nprocessor_time = \"10ms\"\n"), "below 1s"));
  CHECK(says(problem("[scanner]\nrequest_time = \"5s\"\n"), "scanner.scan_time"));
  CHECK(says(problem("[scanner]\nmax_files = 0\n"), "at least 1"));
  CHECK(says(problem("[scanner]\nmax_scan_size = \"0B\"\n"), "more than 0"));
  CHECK(says(problem("[scanner]\nscan_time = \"1ms\"\n"), "below 100ms"));
}

}  // namespace postern::antivirus
