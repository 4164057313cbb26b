#include "lib/reputation/feed.hpp"

#include <cmath>

#include "tests/support/catch.hpp"

namespace postern::reputation {
namespace {

bool is_near(double a, double b) {
  return std::abs(a - b) < 1e-9;
}

TEST_CASE("parse_event: a whole line", "[reputation]") {
  const auto event = parse_event(
      "rep1 kind=user-spam ip=::ffff:192.0.2.1 helo=Mail.Example.org domain=example.org "
      "weight=2.5 id=<1@x> later=whatever\r\n");
  REQUIRE(event);
  CHECK(event->kind == EventKind::user_spam);
  CHECK(event->client.text() == "192.0.2.1");
  CHECK(event->helo == "mail.example.org");
  CHECK(event->domain == "example.org");
  CHECK(is_near(event->weight, 2.5));
  CHECK(event->id == "<1@x>");
}

TEST_CASE("parse_event: what peers write is left out, not refused", "[reputation][security]") {
  const auto event = parse_event("rep1 ip=192.0.2.1 kind=ham helo=[192.0.2.1] domain=a..b");
  REQUIRE(event);
  CHECK(event->helo.empty());
  CHECK(event->domain.empty());
}

TEST_CASE("parse_event: what is none", "[reputation]") {
  const auto line =
      GENERATE(as<std::string>{}, "", "rep1", "rep2 kind=ham ip=192.0.2.1", "rep1 kind=ham",
               "rep1 ip=192.0.2.1", "rep1 kind=hum ip=192.0.2.1", "rep1 kind=ham ip=192.0.2",
               "rep1 kind=ham ip=192.0.2.1 x", "rep1 kind=ham ip=192.0.2.1 ip=192.0.2.2",
               "rep1 kind=ham ip=192.0.2.1 helo=a helo=b", "rep1 kind=ham ip=192.0.2.1 weight=0",
               "rep1 kind=ham ip=192.0.2.1 weight=-1", "rep1 kind=ham ip=192.0.2.1 weight=101",
               "rep1 kind=ham ip=192.0.2.1 weight=1e9", "rep1 kind=ham ip=192.0.2.1 weight=nan",
               "rep1 kind=ham ip=192.0.2.1 weight=", "rep1 kind=ham ip=192.0.2.1 id=",
               "rep1 kind=ham ip=192.0.2.1 id=a\tb",
               "rep1 kind=ham ip=192.0.2.1 id=" + std::string(max_event_id_size + 1, 'a'),
               "rep1 kind=ham ip=192.0.2.1 x=" + std::string(max_event_size, 'a'));
  const auto event = parse_event(line);
  REQUIRE_FALSE(event);
  CHECK(event.error().offset <= line.size());
}

TEST_CASE("format: an event reads back", "[reputation]") {
  const Event event = GENERATE(
      values<Event>({{EventKind::ham, parse_ip_address("192.0.2.1").value(), "", "", 1, ""},
                     {EventKind::virus, parse_ip_address("2001:db8::1").value(), "a.example",
                      "b.example", 0.25, "4Fq@mx1"},
                     {EventKind::unknown_recipient, parse_ip_address("192.0.2.1").value(), "",
                      "b.example", 100, "x"}}));
  const auto again = parse_event(format(event));
  REQUIRE(again);
  CHECK(*again == event);
}

TEST_CASE("format: one line, whatever the strings are", "[reputation][security]") {
  const Event event{EventKind::ham, parse_ip_address("192.0.2.1").value(),
                    "a b\nrep1",    "x kind=spam",
                    1e300,          "a b"};
  CHECK(format(event) == "rep1 kind=ham ip=192.0.2.1 weight=100.000");
}

TEST_CASE("record: each kind on its side", "[reputation]") {
  const auto [kind, good, bad] = GENERATE(table<EventKind, double, double>({
      {EventKind::ham, 2, 0},
      {EventKind::spam, 0, 2},
      {EventKind::virus, 0, 10},
      {EventKind::unknown_recipient, 0, 0.5},
      {EventKind::user_ham, 6, 0},
      {EventKind::user_spam, 0, 6},
  }));
  const Event event{kind, parse_ip_address("192.0.2.1").value(), "a.example", "b.example", 2, ""};
  const auto operations = record(event);
  REQUIRE(operations.size() == 4);
  for (const store::Operation& operation : operations) {
    CHECK(std::get<store::Accumulate>(operation).deltas == std::vector<double>{good, bad});
  }
}

TEST_CASE("once: one key for one thing told twice", "[reputation]") {
  Event event{EventKind::ham, parse_ip_address("192.0.2.1").value(), "", "", 1, ""};
  CHECK_FALSE(once(event));
  event.id = std::string(max_event_id_size, 'i');
  const auto first = once(event);
  REQUIRE(first);
  CHECK(once(event) == first);
  CHECK(std::get<store::PutIfAbsent>(*first).key.size() <= store::max_key_size);
  event.kind = EventKind::user_spam;  // the user's word comes on top of the milter's
  CHECK(once(event) != first);
}

}  // namespace
}  // namespace postern::reputation
