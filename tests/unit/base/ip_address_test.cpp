#include "lib/base/ip_address.hpp"

#include "tests/support/catch.hpp"

namespace postern {
namespace {

TEST_CASE("parse_ip_address: reads and writes the short form", "[base][rfc5952-4]") {
  const auto [text, written] = GENERATE(table<std::string, std::string>({
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
  }));
  CHECK(parse_ip_address(text).value().text() == written);
}

TEST_CASE("parse_ip_address: refuses what is no address", "[base]") {
  const auto text = GENERATE(as<std::string>{}, "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
                             "1.2.3.4 ", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", ":1",
                             "1:", "12345::", "::g", ":::", "1.2.3.4::", "::1.2.3");
  CHECK_FALSE(parse_ip_address(text).has_value());
}

TEST_CASE("parse_ip_network: prefix decides what it contains", "[base]") {
  const auto [network, ip, inside] = GENERATE(table<std::string, std::string, bool>({
      {"192.0.2.0/24", "192.0.2.255", true},
      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "::1", false},
      {"192.0.2.1", "192.0.2.1", true},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::1/128", "::1", true},
  }));
  CHECK(parse_ip_network(network).value().contains(parse_ip_address(ip).value()) == inside);
  CHECK_FALSE(parse_ip_network("192.0.2.0/33").has_value());
  CHECK_FALSE(parse_ip_network("192.0.2.0/").has_value());
  CHECK_FALSE(parse_ip_network("192.0.2.0/8x").has_value());
}

TEST_CASE("IpAddress: a mapped address is the IPv4 one", "[base][rfc4291-2.5.5.2]") {
  CHECK(parse_ip_address("::ffff:192.0.2.1")->unmapped() == parse_ip_address("192.0.2.1").value());
  CHECK_FALSE(parse_ip_address("::192.0.2.1")->unmapped().is_v4());
}

}  // namespace
}  // namespace postern
