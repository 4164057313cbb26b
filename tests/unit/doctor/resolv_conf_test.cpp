// Tests of name servers and address kinds.
#include "lib/doctor/resolv_conf.hpp"

#include "tests/support/catch.hpp"

namespace postern::doctor {
namespace {

IpAddress ip(const std::string& text) {
  return parse_ip_address(text).value();
}

TEST_CASE("parse_resolv_conf: nameserver lines", "[doctor]") {
  CHECK(parse_resolv_conf("# nameserver 1.1.1.1\nsearch example.org\nnameserver 127.0.0.1\n"
                          "nameserver\t::1 # local\nnameserver fe80::1%eth0\nnameserver x\n"
                          "nameserver") ==
        std::vector<IpAddress>{ip("127.0.0.1"), ip("::1"), ip("fe80::1")});
  std::string many;
  for (int i = 0; i < 100; ++i) many += "nameserver 10.0.0.1\n";
  CHECK(parse_resolv_conf(many).size() == max_name_servers);
}

TEST_CASE("is_global: what can be reached from outside", "[doctor][rfc6890]") {
  const auto [text, global] = GENERATE(table<std::string, bool>({
      {"192.0.2.1", true},
      {"10.1.2.3", false},
      {"172.31.0.1", false},
      {"172.32.0.1", true},
      {"192.168.0.1", false},
      {"100.64.0.1", false},
      {"127.0.0.1", false},
      {"169.254.1.1", false},
      {"224.0.0.1", false},
      {"255.255.255.255", false},
      {"2001:db8::1", true},
      {"::1", false},
      {"fe80::1", false},
      {"fd00::1", false},
      {"::ffff:10.0.0.1", false},
  }));
  CHECK(is_global(ip(text)) == global);
}

TEST_CASE("public_resolver: known and unknown", "[doctor]") {
  CHECK(public_resolver(ip("8.8.8.8")) == "Google");
  CHECK(public_resolver(ip("9.9.9.10")) == "Quad9");
  CHECK(public_resolver(ip("8.8.8.9")).empty());
  CHECK(public_resolver(ip("127.0.0.53")).empty());
}

}  // namespace
}  // namespace postern::doctor
