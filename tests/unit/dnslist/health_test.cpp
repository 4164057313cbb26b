#include "lib/dnslist/health.hpp"

#include "tests/unit/dnslist/dnslist_zone.hpp"

namespace postern::dnslist {
namespace {

List probed(Kind kind = Kind::address) {
  List list = list_of("l.example");
  list.kind = kind;
  list.probe_listed = kind == Kind::address ? "127.0.0.2" : "test";
  list.probe_unlisted = kind == Kind::address ? "127.0.0.1" : "invalid";
  return list;
}

ProbeResult probe_in(std::string_view zone, const List& list) {
  return run_in<ProbeResult>(zone, [&](const auto& answers) { return probe(list, answers); })
      .result;
}

TEST_CASE("probe: what a list of addresses is", "[dnslist][rfc5782-5]") {
  const auto [zone, expected] = GENERATE(table<std::string, Probe>({
      {R"({"2.0.0.127.l.example": {"A": ["127.0.0.2"]}})", Probe::works},
      {R"({"2.0.0.127.l.example": {"A": ["127.0.0.10", "127.0.0.4"]}})", Probe::works},
      {"{}", Probe::lists_none},
      {R"({"2.0.0.127.l.example": {"A": ["127.0.0.2"]}, "1.0.0.127.l.example": {"A": ["127.0.0.2"]}})",
       Probe::lists_all},
      {R"({"2.0.0.127.l.example": {"A": ["203.0.113.1"]}, "1.0.0.127.l.example": {"A": ["203.0.113.1"]}})",
       Probe::foreign},
      {R"({"2.0.0.127.l.example": {"A": ["127.255.255.254"]}})", Probe::refuses},
      {R"({"2.0.0.127.l.example": {"A": "TIMEOUT"}, "1.0.0.127.l.example": {"A": "TIMEOUT"}})",
       Probe::silent},
      {R"({"2.0.0.127.l.example": {"A": "SERVFAIL"}})", Probe::silent},
  }));
  CAPTURE(zone);
  const ProbeResult result = probe_in(zone, probed());
  CHECK(result.probe == expected);
  CHECK(result.detail.empty() == (expected == Probe::works));
}

TEST_CASE("probe: a code that the operator does not ask for shows that the list works",
          "[dnslist]") {
  List list = probed();
  list.codes.push_back(parse_code("127.0.0.9").value());
  CHECK(probe_in(R"({"2.0.0.127.l.example": {"A": ["127.0.0.2"]}})", list).probe == Probe::works);
}

TEST_CASE("probe: lists of domains, and lists without entries", "[dnslist][rfc5782-5]") {
  CHECK(probe_in(R"({"test.l.example": {"A": ["127.0.1.2"]}})", probed(Kind::domain)).probe ==
        Probe::works);
  CHECK(
      probe_in(
          R"({"test.l.example": {"A": ["127.0.1.2"]}, "invalid.l.example": {"A": ["127.0.1.2"]}})",
          probed(Kind::domain))
          .probe == Probe::lists_all);
  List none = probed();
  none.probe_listed.clear();
  CHECK(probe_in("{}", none).probe == Probe::works);
  none.probe_unlisted.clear();
  CHECK(run_in<ProbeResult>("{}", [&](const auto& answers) {
          return probe(none, answers);
        }).asked.empty());
}

TEST_CASE("Health: one warning, off until it works", "[dnslist]") {
  Health health;
  CHECK_FALSE(health.note("l", {Probe::works}));
  const auto off = health.note("l", {Probe::lists_all, "lists 127.0.0.1, which no list may"});
  REQUIRE(off);
  CHECK_FALSE(off->on);
  CHECK(off->text.find("lists 127.0.0.1") != std::string::npos);
  CHECK_FALSE(health.is_on());
  CHECK_FALSE(health.note("l", {Probe::lists_none, "x"}));
  CHECK_FALSE(health.note("l", {Probe::silent, "x"}));
  const auto on = health.note("l", {Probe::works});
  REQUIRE(on);
  CHECK(on->on);
  CHECK(health.is_on());
  CHECK_FALSE(health.note("l", {Probe::works}));
}

TEST_CASE("Health: silence counts only in a row", "[dnslist]") {
  Health health;
  const ProbeResult silent{Probe::silent, "does not answer"};
  for (unsigned i = 1; i < Health::max_silent; ++i) CHECK_FALSE(health.note("l", silent));
  CHECK_FALSE(health.note("l", {Probe::works}));
  for (unsigned i = 1; i < Health::max_silent; ++i) CHECK_FALSE(health.note("l", silent));
  CHECK(health.is_on());
  CHECK(health.note("l", silent));
  CHECK_FALSE(health.is_on());
  CHECK_FALSE(health.note("l", silent));
}

TEST_CASE("parse_health: reads what format writes, and nothing else", "[dnslist]") {
  Health health;
  for (unsigned i = 0; i < 2 * Health::max_silent; ++i) {
    const auto again = parse_health(format(health));
    REQUIRE(again);
    CHECK(format(*again) == format(health));
    CHECK(again->is_on() == health.is_on());
    health.note("l", {Probe::silent, "x"});
  }
  for (const char* text : {"", "on", "on ", "on 9", "on 12", "off", "off x", "of 1", "on -1"}) {
    CHECK_FALSE(parse_health(text));
  }
}

TEST_CASE("HealthBook: lists that are off are left out", "[dnslist]") {
  const std::vector<List> lists = {list_of("a.example"), list_of("b.example")};
  HealthBook book;
  CHECK(book.active(lists) == lists);
  CHECK(book.note(lists[0], {Probe::refuses, "refuses us"}));
  CHECK(book.active(lists) == std::vector<List>{lists[1]});
  HealthBook later;
  later.restore("a.example", parse_health(format(book.of("a.example"))).value());
  CHECK(later.active(lists) == std::vector<List>{lists[1]});
  CHECK_FALSE(later.note(lists[0], {Probe::refuses, "refuses us"}));
}

}  // namespace
}  // namespace postern::dnslist
