#include "lib/antispam/engine/captures.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("CaptureTags: values are quoted and put into patterns", "[antispam][captures]") {
  CaptureTags tags;
  tags.set({{"TO", "a.b@example.org"}, {"TO", "c"}, {"TO", "c"}, {"OTHER_1", "x|y"}});
  CHECK(tags.fill("^%{TO}$") == "^(?:a\\.b\\@example\\.org|c)$");
  CHECK(tags.fill("%\\{OTHER_1\\}") == "(?:x\\|y)");
  CHECK(tags.fill("no place") == "no place");
  CHECK(tags.fill("\\%{TO} %{lower} %{TO") == "\\%{TO} %{lower} %{TO");
}

TEST_CASE("CaptureTags: without a value the rule does not run", "[antispam][captures]") {
  CaptureTags tags;
  CHECK_FALSE(tags.fill("%{TO}"));
  tags.set({{"TO", "a"}});
  CHECK_FALSE(tags.fill("%{TO} %{CC}"));
}

TEST_CASE("CaptureTags: a later rule replaces what an earlier one captured",
          "[antispam][captures]") {
  CaptureTags tags;
  tags.set({{"TO", "a"}, {"CC", "b"}});
  tags.set({{"TO", "c"}});
  CHECK(tags.fill("%{TO}%{CC}") == "(?:c)(?:b)");
}

TEST_CASE("CaptureTags: bounded, whatever the message holds", "[antispam][captures][security]") {
  CaptureTags tags;
  NamedCaptures many = {{"A", std::string(1'000'000, 'x')}};
  for (int i = 0; i < 10'000; ++i) many.emplace_back("A", std::to_string(i));
  tags.set(many);
  CHECK(tags.fill("%{A}")->size() < 1'000);
  tags.set({{"lower", "a"}, {"A__B", "a"}, {"_A", "a"}, {"A_", "a"}, {"1", "a"}});
  CHECK_FALSE(tags.fill("%{A__B}%{_A}%{A_}") != "%{A__B}%{_A}%{A_}");
}

TEST_CASE("wanted_captures: names, in order", "[antispam][captures]") {
  using Names = std::vector<std::string>;
  CHECK(wanted_captures("%{A} x %\\{B_2\\} \\%{C}") == Names{"A", "B_2"});
  CHECK(wanted_captures("100% {A}").empty());
}

}  // namespace
}  // namespace postern::antispam
