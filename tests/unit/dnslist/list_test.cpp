// Tests of return-code filters and of addresses that nobody is told.
#include "lib/dnslist/list.hpp"

#include "lib/dnslist/public_address.hpp"
#include "tests/support/catch.hpp"

namespace postern::dnslist {
namespace {

constexpr std::uint32_t at(unsigned last) {
  return 0x7f000000 | last;
}

TEST_CASE("parse_code: matches or error", "[dnslist][rfc5782-2.1]") {
  struct Row {
    std::string text;
    std::vector<std::uint32_t> in;
    std::vector<std::uint32_t> out;
  };
  const auto row = GENERATE(values<Row>({
      {"127.0.0.2", {at(2)}, {at(1), at(3), 0x7f000102}},
      {"127.0.0.4-127.0.0.11", {at(4), at(11)}, {at(3), at(12)}},
      {"127.0.0.4-11", {at(4), at(11)}, {at(3), at(12)}},
      {"127.0.0.0-127.0.255.3", {at(0), 0x7f00ff03}, {0x7f00ff04, 0x7f010000}},
      {"&0.0.0.6", {at(2), at(4), at(6), at(255)}, {at(1), at(8), 0x7f000100}},
      {"&0.0.1.0", {0x7f000100, 0x7f000302}, {at(255)}},
  }));
  const auto code = parse_code(row.text);
  REQUIRE(code);
  for (const std::uint32_t address : row.in) CHECK(code->matches(address));
  for (const std::uint32_t address : row.out) CHECK_FALSE(code->matches(address));
}

TEST_CASE("parse_code: what is none", "[dnslist]") {
  const auto text = GENERATE(as<std::string>{}, "", "2", "192.0.2.1", "::1", "127.0.0",
                             "127.0.0.2-", "127.0.0.2-1", "127.0.0.4-256", "127.0.0.4-128.0.0.1",
                             "&", "&0.0.0.0", "&127.0.0.2", "127.0.0.2 ", "-127.0.0.2");
  const auto code = parse_code(text);
  REQUIRE_FALSE(code);
  CHECK(code.error().offset <= text.size() + 1);
}

TEST_CASE("is_public_address: own networks are not told", "[dnslist][security]") {
  const auto [text, is_public] = GENERATE(table<std::string, bool>({
      {"192.0.2.1", true},
      {"8.8.8.8", true},
      {"10.1.2.3", false},
      {"172.31.0.1", false},
      {"172.32.0.1", true},
      {"192.168.1.1", false},
      {"127.0.0.1", false},
      {"100.64.0.1", false},
      {"100.128.0.1", true},
      {"169.254.1.1", false},
      {"0.0.0.0", false},
      {"224.0.0.1", false},
      {"255.255.255.255", false},
      {"2001:db8::1", true},
      {"::1", false},
      {"::", false},
      {"fe80::1", false},
      {"fd00::1", false},
      {"ff02::1", false},
      {"::ffff:10.0.0.1", false},
      {"::ffff:192.0.2.1", true},
  }));
  CHECK(is_public_address(parse_ip_address(text).value()) == is_public);
}

}  // namespace
}  // namespace postern::dnslist
