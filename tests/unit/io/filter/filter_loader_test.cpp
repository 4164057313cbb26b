#include "lib/io/filter/filter_loader.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using Catch::Matchers::Contains;

class Places {
 public:
  Places() {
    settings_.rules_directory = (root_ / "rules").string();
    settings_.site_directory = (root_ / "site").string();
  }
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;
  ~Places() { std::filesystem::remove_all(root_); }

  void write(const std::string& path, std::string_view text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  [[nodiscard]] antispam::FilterState load() const {
    static const FilterLoader loader("mx.example.org", "Postern 1");
    return loader.load(settings_);
  }

 private:
  const std::filesystem::path root_ =
      std::filesystem::temp_directory_path() / ("filter-loader-" + std::to_string(::getpid()));
  antispam::Settings settings_;
};

TEST_CASE("rules, then the files of the site", "[io]") {
  const Places places;
  places.write("rules/10_a.cf", "body A /a/\nscore A 1\n");
  places.write("site/local.cf", "score A 2\nbody OURS /x/\n");
  const antispam::FilterState state = places.load();
  REQUIRE(state.filter);
  const antispam::RuleSet& rules = state.filter->rules();
  REQUIRE(rules.find("OURS"));
  CHECK(rules.rules[*rules.find("A")].scores[0] == 2);
}

TEST_CASE("no rules: the problem names the place", "[io]") {
  const Places places;
  CHECK_THAT(places.load().problem, Contains("rules"));
  places.write("rules/10_a.cf", "# nothing\n");
  CHECK_THAT(places.load().problem, Contains("holds no rules"));
}

}  // namespace
}  // namespace postern::io
