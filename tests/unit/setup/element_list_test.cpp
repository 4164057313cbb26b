#include "lib/setup/element_list.hpp"

#include "tests/support/catch.hpp"

namespace postern::setup {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("split_elements: commas, white space, and braces", "[setup]") {
  CHECK(split_elements("a, b c\n\td").elements == Words{"a", "b", "c", "d"});
  CHECK(split_elements("{ unix:x, a=b }, inet:h:1").elements ==
        Words{"{ unix:x, a=b }", "inet:h:1"});
  CHECK(split_elements(" ,, ").elements.empty());
  CHECK(split_elements("{ { a } b }").is_understood);
  CHECK_FALSE(split_elements("{ a").is_understood);
  CHECK_FALSE(split_elements("a }").is_understood);
}

TEST_CASE("with_first and without: what others wrote stays", "[setup]") {
  CHECK(with_first("", "$ours") == "$ours");
  CHECK(with_first("inet:h:1 unix:x", "$ours") == "$ours, inet:h:1 unix:x");
  CHECK(with_first("inet:h:1, $ours", "$ours") == "inet:h:1, $ours");
  CHECK(without("$ours, inet:h:1", "$ours") == "inet:h:1");
  CHECK(without("$ours", "$ours").empty());
  CHECK(without("a  b", "$ours") == "a  b");
  CHECK(without("$ours_too, $ours", "$ours") == "$ours_too");
}

}  // namespace
}  // namespace postern::setup
