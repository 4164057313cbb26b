#include "lib/mta_sts/map_value.hpp"

#include "tests/support/catch.hpp"

namespace postern::mta_sts {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST_CASE("map_value: only enforce gives an answer", "[mta_sts][rfc8461-5]") {
  const Policy policy{
      Mode::enforce, {"mx1.example", "*.example.net", "mx1.example"}, seconds(86400)};
  CHECK(map_value("example.org", policy, hours(1), TlsReports::off) ==
        "secure match=mx1.example:.example.net servername=hostname");
  for (const Mode mode : {Mode::none, Mode::testing}) {
    Policy other = policy;
    other.mode = mode;
    CHECK_FALSE(map_value("example.org", other, hours(1), TlsReports::on));
  }
  CHECK_FALSE(
      map_value("example.org", Policy{Mode::enforce, {}, seconds(1)}, hours(1), TlsReports::off));
}

TEST_CASE("map_value: with what TLS reports need", "[mta_sts]") {
  const Policy policy{Mode::enforce, {"mx1.example", "*.example.net"}, seconds(86400)};
  CHECK(map_value("example.org", policy, std::chrono::milliseconds(90'500), TlsReports::on) ==
        "secure match=mx1.example:.example.net servername=hostname policy_type=sts "
        "policy_domain=example.org policy_ttl=90 { policy_string = version: STSv1 } "
        "{ policy_string = mode: enforce } { policy_string = mx: mx1.example } "
        "{ policy_string = mx: *.example.net } { policy_string = max_age: 86400 } "
        "mx_host_pattern=mx1.example mx_host_pattern=*.example.net");
  const auto ttl = [&](std::chrono::milliseconds left) {
    const std::string value = map_value("example.org", policy, left, TlsReports::on).value();
    const std::size_t at = value.find("policy_ttl=") + 11;
    return value.substr(at, value.find(' ', at) - at);
  };
  CHECK(ttl(std::chrono::milliseconds(1)) == "1");
  CHECK(ttl(hours(24 * 365)) == "3600");
}

TEST_CASE("map_value: the largest policy fits into a reply", "[mta_sts][security]") {
  Policy policy{Mode::enforce, {}, longest_age};
  const std::string tail = "." + std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                           std::string(63, 'c') + "." + std::string(50, 'd');
  for (std::size_t i = 0; i < max_hosts; ++i) policy.mx.push_back("m" + std::to_string(i) + tail);
  const std::string domain = std::string(60, 'x') + ".example";
  for (const TlsReports reports : {TlsReports::off, TlsReports::on}) {
    const auto value = map_value(domain, policy, hours(1), reports);
    REQUIRE(value);
    CHECK(value->size() <= max_value_size);
    CHECK(value->ends_with(reports == TlsReports::off ? "servername=hostname"
                                                      : "mx_host_pattern=m99" + tail));
  }
}

}  // namespace
}  // namespace postern::mta_sts
