#include "lib/setup/state_mark.hpp"

#include "tests/support/catch.hpp"

namespace postern::setup {
namespace {

TEST_CASE("state mark: is read as it was written", "[setup]") {
  const StateMark mark{state_format, "0.1.0"};
  CHECK(format(mark) == "format 1\nversion 0.1.0\n");
  CHECK(parse_state_mark(format(mark)).value() == mark);
}

TEST_CASE("state mark: of a newer version, whatever else that writes", "[setup]") {
  CHECK(parse_state_mark("format 7\nelse x\n").value().format == 7);
}

TEST_CASE("state mark: damage", "[setup]") {
  for (const char* text : {"", "format", "format \n", "format x\n", "format 0\n", "format -1\n",
                           "version 1\nformat 1\n", "format 1 2\n"}) {
    INFO(text);
    CHECK_FALSE(parse_state_mark(text).has_value());
  }
  CHECK_FALSE(parse_state_mark("format 1\nversion " + std::string(1000, 'x')).has_value());
}

}  // namespace
}  // namespace postern::setup
