#include "lib/antispam/text/ip_text.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

TEST_CASE("is_ip_text: what SpamAssassin's IP_ADDRESS takes", "[antispam][text]") {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "::", "::1", "2001:db8::", "1:2:3:4:5:6:7:8",
                           "IPv6:2001:DB8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:192.0.2.1"}) {
    INFO(text);
    CHECK(is_ip_text(text));
  }
  for (const char* text : {"", "192.0.2", "192.0.2.256", "192.0.2.01", ":1", "1:2:3", "1::2::3",
                           "1:2:3:4:5:6:7:8:9", ":::", "::12345", "1:2:3:4:5::192.0.2.1x"}) {
    INFO(text);
    CHECK_FALSE(is_ip_text(text));
  }
}

TEST_CASE("ip_address_at: not in the middle of a word or an address", "[antispam][text]") {
  CHECK(ip_address_at("[192.0.2.1]", 1).ends[0] == 10);
  CHECK(ip_address_at("x192.0.2.1", 1).count == 0);
  CHECK(ip_address_at(":192.0.2.1", 1).count == 0);
  CHECK(ip_address_at("::1g", 0).count == 1);
  CHECK(ip_address_at("::ffff:192.0.2.1", 0).count == 2);
}

TEST_CASE("is_private_ip_text, localhost_at", "[antispam][text]") {
  for (const char* text : {"10.1.2.3", "127.0.0.1", "169.254.1.1", "172.16.0.1", "172.31.0.1",
                           "192.168.1.1", "100.64.0.1", "::1", "fe80::1", "::ffff:10.0.0.1"}) {
    INFO(text);
    CHECK(is_private_ip_text(text));
  }
  for (const char* text :
       {"", "11.1.2.3", "172.32.0.1", "100.63.0.1", "192.0.2.1", "2001:db8::1"}) {
    INFO(text);
    CHECK_FALSE(is_private_ip_text(text));
  }
  CHECK(localhost_at("localhost.localdomain", 0).count == 2);
  CHECK(localhost_at("127.0.0.1", 0).count == 1);
  CHECK(localhost_at("127.0.0.2", 0).count == 0);
}

}  // namespace
}  // namespace postern::antispam
