#include "lib/training/dump.hpp"

#include "tests/support/catch.hpp"

namespace postern::training {
namespace {

Event event() {
  Event event;
  event.id = "1-2";
  event.user = "a b";
  event.hash = std::string(64, 'a');
  event.time += std::chrono::milliseconds(5);
  return event;
}

TEST_CASE("parse_dump_line: what was written", "[training]") {
  for (const DumpLine& line : {DumpLine{DumpLine::Kind::ledger, 0, event()},
                               DumpLine{DumpLine::Kind::message, 4'000'000'000, event()},
                               DumpLine{DumpLine::Kind::end, 7, {}}}) {
    const auto again = parse_dump_line(format(line));
    REQUIRE(again);
    CHECK(*again == line);
  }
}

TEST_CASE("parse_dump_line: what is none", "[training][security]") {
  Event without = event();
  without.hash.clear();
  for (const std::string& line :
       {std::string(), std::string("end"), std::string("end x"), std::string("end 1 2"),
        "message " + format(event()), "message -1 " + format(event()), std::string("ledger "),
        "ledger " + format(without), "other " + format(event()), std::string("message 5"),
        "message 99999999999999999999 " + format(event())}) {
    const auto parsed = parse_dump_line(line);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().offset <= line.size() + 8);
  }
}

}  // namespace
}  // namespace postern::training
