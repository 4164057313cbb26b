#include "lib/io/resolver/flights.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

using Boarding = Flights::Boarding;

const Clock::time_point start{std::chrono::seconds{1000}};
const dns::Question question{"example.org", dns::Type::txt};

TEST_CASE("Flights: the same question is sent once, and all who wait are told", "[resolver]") {
  Flights flights(10);
  const auto mailbox = std::make_shared<Mailbox>();
  const auto first = flights.board(question, mailbox, start);
  const auto second = flights.board(question, mailbox, start);
  CHECK(first.boarding == Boarding::started);
  CHECK(second.boarding == Boarding::joined);
  const auto landed = flights.land(first.id);
  REQUIRE(landed.has_value());
  CHECK(landed->waiting.size() == 2);
  CHECK_FALSE(flights.land(first.id).has_value());
  CHECK(flights.board(question, mailbox, start).boarding == Boarding::started);
}

TEST_CASE("Flights: no more than max_open", "[resolver][security]") {
  Flights flights(2);
  const auto mailbox = std::make_shared<Mailbox>();
  CHECK(flights.board({"a", dns::Type::a}, mailbox, start).boarding == Boarding::started);
  CHECK(flights.board({"b", dns::Type::a}, mailbox, start).boarding == Boarding::started);
  CHECK(flights.board({"c", dns::Type::a}, mailbox, start).boarding == Boarding::full);
  CHECK(flights.board({"b", dns::Type::a}, mailbox, start).boarding == Boarding::joined);
  CHECK(flights.land_all().size() == 2);
  CHECK(flights.size() == 0);
}

TEST_CASE("Flights: a lost one does not hold its question for ever", "[resolver]") {
  Flights flights(1);
  const auto mailbox = std::make_shared<Mailbox>();
  const auto lost = flights.board(question, mailbox, start);
  const auto later = start + Flights::max_age + std::chrono::seconds(1);
  const auto again = flights.board(question, mailbox, later);
  CHECK(again.boarding == Boarding::started);
  CHECK_FALSE(flights.land(lost.id).has_value());
  CHECK(flights.question(again.id) != nullptr);
}

}  // namespace
}  // namespace postern::io
