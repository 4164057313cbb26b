#include "lib/reputation/reputation.hpp"

#include <cmath>
#include <limits>

#include "tests/support/catch.hpp"

namespace postern::reputation {
namespace {

bool is_near(double a, double b) {
  return std::abs(a - b) < 1e-9;
}

IpAddress ip(std::string_view text) {
  return parse_ip_address(text).value();
}

Evidence evidence(SubjectKind kind, double good, double bad) {
  return {{kind, "x"}, good, bad};
}

TEST_CASE("subjects_of: address, network, HELO in its network, domain", "[reputation]") {
  using enum SubjectKind;
  CHECK(subjects_of(ip("192.0.2.77"), "Mail.Example.ORG.", "Example.org") ==
        std::vector<Subject>{{address, "192.0.2.77"},
                             {network, "192.0.2.0/24"},
                             {helo, "mail.example.org@192.0.2.0/24"},
                             {domain, "example.org"}});
  CHECK(subjects_of(ip("2001:db8:1:2::3"), "", "") ==
        std::vector<Subject>{{address, "2001:db8:1:2::3"}, {network, "2001:db8:1::/48"}});
  CHECK(subjects_of(ip("::ffff:192.0.2.77"), "", "") == subjects_of(ip("192.0.2.77"), "", ""));
}

TEST_CASE("subjects_of: a HELO that is no name is none", "[reputation][security]") {
  const auto helo = GENERATE(as<std::string>{}, "", "[192.0.2.1]", "192.0.2.1", "a b", "a..b",
                             "a|b.example", "a@b.example", std::string(300, 'a'));
  CHECK(subjects_of(ip("192.0.2.1"), helo, "").size() == 2);
  CHECK(subjects_of(ip("192.0.2.1"), "", helo).size() == 2);
}

TEST_CASE("subjects_named: what an operator types", "[reputation]") {
  CHECK(subjects_named("192.0.2.1").size() == 2);
  CHECK(subjects_named("192.0.2.0/24") ==
        std::vector<Subject>{{SubjectKind::network, "192.0.2.0/24"}});
  CHECK(subjects_named("192.0.2.9/32") == subjects_named("192.0.2.0/24"));
  CHECK(subjects_named("Example.org") ==
        std::vector<Subject>{{SubjectKind::domain, "example.org"}});
  for (const char* none : {"", "a b", "192.0.2.0/99", "/", "a@b"}) {
    CHECK(subjects_named(none).empty());
  }
}

TEST_CASE("key_of: short, distinct, and read back", "[reputation]") {
  const auto subjects = subjects_of(ip("2001:db8:1111:2222:3333:4444:5555:6666"),
                                    std::string(60, 'a') + "." + std::string(60, 'b') + "." +
                                        std::string(60, 'c') + "." + std::string(60, 'd'),
                                    "example.org");
  REQUIRE(subjects.size() == 4);
  for (const Subject& subject : subjects) {
    CHECK(key_of(subject).size() <= store::max_key_size);
    CHECK(subject_of_key(key_of(subject)) == subject);
  }
  CHECK(key_of(subjects[2]).starts_with(helo_prefix(subjects[2].value.substr(0, 243))));
  for (const char* none : {"", "r/", "r/x|y", "g/address|192.0.2.1", "r/once|spam|1"}) {
    CHECK_FALSE(subject_of_key(none));
  }
}

TEST_CASE("lookups: only read", "[reputation]") {
  const auto subjects = subjects_of(ip("192.0.2.1"), "a.example", "b.example");
  const auto operations = lookups(subjects);
  REQUIRE(operations.size() == subjects.size());
  for (const store::Operation& operation : operations) {
    const auto& accumulate = std::get<store::Accumulate>(operation);
    CHECK(accumulate.deltas == std::vector<double>{0, 0});
    CHECK(accumulate.half_life == std::chrono::hours(14 * 24));
    CHECK(accumulate.lifetime > accumulate.half_life);
  }
}

TEST_CASE("evidence_of: only two finite sums count", "[reputation][security]") {
  const double infinite = std::numeric_limits<double>::infinity();
  const auto [result, good, bad] = GENERATE_COPY(table<store::Result, double, double>({
      {store::Sums{{3, 4}}, 3, 4},
      {store::Sums{{-3, 4}}, 0, 4},
      {store::Sums{{infinite, 4}}, 0, 4},
      {store::Sums{{std::numeric_limits<double>::quiet_NaN(), 1e300}}, 0, 1e9},
      {store::Sums{{1}}, 0, 0},
      {store::Sums{{}}, 0, 0},
      {store::Done{}, 0, 0},
      {store::Value{"x"}, 0, 0},
  }));
  const Evidence read = evidence_of({SubjectKind::domain, "a.example"}, result);
  CHECK(read.good == good);
  CHECK(read.bad == bad);
}

TEST_CASE("standing: nothing known is 0, and more evidence is surer", "[reputation]") {
  using enum SubjectKind;
  const Standing nothing = standing(std::vector<Evidence>{evidence(address, 0, 0)});
  CHECK(nothing.value == 0);
  CHECK(nothing.confidence == 0);
  CHECK(nothing.explanation == "nothing is known");
  const Standing five = standing(std::vector<Evidence>{evidence(address, 5, 0)});
  CHECK(is_near(five.value, 0.5));
  CHECK(is_near(five.confidence, 0.5));
  const Standing many = standing(std::vector<Evidence>{evidence(address, 0, 95)});
  CHECK(is_near(many.value, -0.95));
  CHECK(is_near(standing(std::vector<Evidence>{evidence(address, 50, 50)}).value, 0));
  CHECK(many.explanation == "address x: good 0.0, bad 95.0");
}

TEST_CASE("standing: several subjects", "[reputation]") {
  using enum SubjectKind;
  const auto value = [](std::vector<Evidence> all) { return standing(all).value; };
  // They agree: surer than each alone.
  CHECK(value({evidence(address, 5, 0), evidence(domain, 5, 0)}) > 0.7);
  // The network of a good client is bad: still good, but less so.
  CHECK(value({evidence(address, 20, 0), evidence(network, 0, 20)}) > 0);
  CHECK(value({evidence(address, 20, 0), evidence(network, 0, 20)}) <
        value({evidence(address, 20, 0)}));
  // A HELO weighs less than the address.
  CHECK(value({evidence(address, 0, 20), evidence(helo, 500, 0)}) < 0);
  // A new address in a bad network begins below 0.
  CHECK(value({evidence(address, 0, 0), evidence(network, 0, 20)}) < -0.3);
}

TEST_CASE("standing: always within its bounds", "[reputation]") {
  for (const double good : {0.0, 0.001, 1.0, 1e9}) {
    for (const double bad : {0.0, 0.001, 1.0, 1e9}) {
      for (const double believed : {0.0, 5.0, 1e9}) {
        const Settings settings{std::chrono::hours(24), believed};
        const Standing all =
            standing(std::vector<Evidence>{evidence(SubjectKind::address, good, bad),
                                           evidence(SubjectKind::domain, bad, good)},
                     settings);
        CHECK((all.confidence >= 0 && all.confidence <= 1));
        CHECK(std::abs(all.value) <= all.confidence);
      }
    }
  }
}

TEST_CASE("evaluate: asks for everything at once", "[reputation]") {
  const auto subjects = subjects_of(ip("192.0.2.1"), "", "b.example");
  store::Known known;
  store::Wants wants(known);
  CHECK_FALSE(evaluate(subjects, wants));
  REQUIRE(wants.missing() == lookups(subjects));
  for (const store::Operation& operation : wants.missing()) {
    known.add(operation, store::Sums{{1, 0}});
  }
  store::Wants again(known);
  const auto result = evaluate(subjects, again);
  REQUIRE(result);
  CHECK(result->value > 0);
  CHECK(again.missing().empty());
}

TEST_CASE("explain: a line for each subject and one for all", "[reputation]") {
  CHECK(explain(std::vector<Evidence>{{{SubjectKind::address, "192.0.2.1"}, 1, 14},
                                      {{SubjectKind::network, "192.0.2.0/24"}, 0, 0}}) ==
        "address 192.0.2.1: good 1.0, bad 14.0; leans -0.87, confidence 0.75, counts 1.00\n"
        "network 192.0.2.0/24: good 0.0, bad 0.0; nothing is known\n"
        "together: -0.65 (-1 bad to 1 good), confidence 0.75; events count half after 14.0 days\n");
}

}  // namespace
}  // namespace postern::reputation
