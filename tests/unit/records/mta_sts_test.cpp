// Tests of the MTA-STS record and policy.
#include "lib/records/mta_sts.hpp"

#include "tests/support/catch.hpp"

namespace postern::records {
namespace {

TEST_CASE("parse_sts_record: id or error", "[records][rfc8461-3.1]") {
  const auto [text, id] = GENERATE(table<std::string, std::string>({
      {"v=STSv1; id=20160831085700Z;", "20160831085700Z"},
      {"v=STSv1;id=1", "1"},
      {"v=STSv1 ; id=a1 ; more=x", "a1"},
      {"v=STSv1; id=", ""},
      {"v=STSv1; id=a-b", ""},
      {"v=STSv1; id=" + std::string(33, 'a'), ""},
      {"v=STSv1;", ""},
      {"v=STSv2; id=1", ""},
      {"v=STSv11; id=1", ""},
      {"id=1; v=STSv1", ""},
      {"", ""},
  }));
  const auto parsed = parse_sts_record(text);
  CHECK(parsed.has_value() == !id.empty());
  if (parsed) CHECK(*parsed == id);
}

TEST_CASE("format_sts_record: reads back", "[records]") {
  CHECK(parse_sts_record(format_sts_record("abc1")).value() == "abc1");
}

TEST_CASE("parse_sts_policy: the example of the RFC", "[records][rfc8461-3.2]") {
  const auto policy = parse_sts_policy(
      "version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.example.net\n"
      "mx: backupmx.example.com\nmax_age: 604800\n");
  REQUIRE(policy);
  CHECK(policy->mode == StsMode::enforce);
  CHECK(policy->mx ==
        std::vector<std::string>{"mail.example.com", "*.example.net", "backupmx.example.com"});
  CHECK(policy->max_age == std::chrono::seconds(604800));
}

TEST_CASE("parse_sts_policy: what is none", "[records][rfc8461-3.2]") {
  const auto text = GENERATE(
      as<std::string>{}, "", "version: STSv2\nmode: none\nmax_age: 1\n", "mode: none\nmax_age: 1\n",
      "version: STSv1\nmax_age: 1\n", "version: STSv1\nmode: on\nmax_age: 1\n",
      "version: STSv1\nmode: none\n", "version: STSv1\nmode: none\nmax_age: -1\n",
      "version: STSv1\nmode: none\nmax_age: 31557601\n",
      "version: STSv1\nmode: none\nmax_age: 99999999999999999999\n",
      "version: STSv1\nmode: enforce\nmax_age: 1\n",
      "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1\n",
      "version: STSv1\nmode: none\nmax_age: 1\n" + std::string(max_sts_policy_size, ' '));
  CHECK_FALSE(parse_sts_policy(text));
}

TEST_CASE("format: a policy reads back", "[records]") {
  const StsMode mode = GENERATE(StsMode::none, StsMode::testing, StsMode::enforce);
  StsPolicy policy{mode, {"mail.example.org", "*.example.net"}, std::chrono::seconds(86400)};
  if (mode == StsMode::none) policy.mx.clear();
  const auto again = parse_sts_policy(format(policy));
  REQUIRE(again);
  CHECK(*again == policy);
}

TEST_CASE("covers: a star stands for one label", "[records][rfc8461-4.1]") {
  const StsPolicy policy{StsMode::enforce, {"mail.example.org", "*.example.net"}, {}};
  const auto [host, covered] = GENERATE(table<std::string, bool>({
      {"mail.example.org", true},
      {"mail2.example.org", false},
      {"a.example.net", true},
      {"a.b.example.net", false},
      {"example.net", false},
      {"net", false},
  }));
  CHECK(covers(policy, host) == covered);
}

}  // namespace
}  // namespace postern::records
