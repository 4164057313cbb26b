// Keys and values of greylisting, and what an operator can change.
#include "lib/greylist/records.hpp"

#include "tests/support/catch.hpp"

namespace postern::greylist {
namespace {

store::Time at(std::int64_t ms) {
  return store::Time(std::chrono::milliseconds(ms));
}

TEST_CASE("parse_triplet: undoes format and takes nothing else", "[greylist]") {
  for (const Triplet& triplet : {Triplet{at(0), false}, Triplet{at(1732310000123), true}}) {
    CHECK(parse_triplet(format(triplet)) == triplet);
  }
  CHECK(format(Triplet{at(-5), false}) == "0");
  for (const char* text : {"", "+", "-1", "1x", "1++", " 1", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_triplet(text).has_value());
  }
}

TEST_CASE("triplet_key: bounded, and different for different triplets", "[greylist]") {
  CHECK(triplet_key("net:192.0.2.0/24", "a@b", "c@d") == "g/t/net:192.0.2.0/24|a@b|c@d");
  CHECK(triplet_key("i", "a|b", "c") != triplet_key("i", "a", "b|c"));
  const std::string hostile(60000, 'x');
  CHECK(triplet_key("i", hostile, "c").size() <= store::max_key_size);
  CHECK(triplet_key("i", hostile, "c") != triplet_key("i", hostile + "y", "c"));
}

TEST_CASE("identities_named: what an operator types", "[greylist]") {
  using Names = std::vector<std::string>;
  CHECK(identities_named("Example.org") == Names{"spf:example.org", "name:example.org"});
  CHECK(identities_named("192.0.2.7") == Names{"net:192.0.2.0/24"});
  CHECK(identities_named("192.0.2.0/24") == Names{"net:192.0.2.0/24"});
  CHECK(identities_named("2001:db8::1") == Names{"net:2001:db8::/64"});
  CHECK(identities_named("net:192.0.2.0/24") == Names{"net:192.0.2.0/24"});
  CHECK(identities_named("a b").empty());
  CHECK(identities_named("spf:").empty());
}

TEST_CASE("figures_key: one for each day", "[greylist]") {
  CHECK(figures_key(at(86'400'000LL * 20000 + 5), "held") == "g/d/20000|held");
  CHECK(figures_key(at(-1), "held") == "g/d/0|held");
}

}  // namespace
}  // namespace postern::greylist
