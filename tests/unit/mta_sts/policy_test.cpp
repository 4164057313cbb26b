#include "lib/mta_sts/policy.hpp"

#include "lib/mta_sts/record.hpp"
#include "tests/support/catch.hpp"

namespace postern::mta_sts {
namespace {

TEST_CASE("parse_record: id or error", "[mta_sts][rfc8461-3.1]") {
  const auto [text, id] = GENERATE(table<std::string, std::string>({
      {"v=STSv1; id=20160831085700Z;", "20160831085700Z"},
      {"v=STSv1 ; more=x ; id=a1", "a1"},
      {"v=STSv1; id=" + std::string(max_id_size, 'a'), std::string(max_id_size, 'a')},
      {"v=STSv1; id=" + std::string(max_id_size + 1, 'a'), ""},
      {"v=STSv1; id=a b", ""},
      {"V=STSv1; id=1", ""},
      {" v=STSv1; id=1", ""},
      {"v=STSv10; id=1", ""},
      {"", ""},
  }));
  const auto parsed = parse_record(text);
  CHECK(parsed.has_value() == !id.empty());
  if (parsed) CHECK(*parsed == id);
}

TEST_CASE("parse_policy: lines in any order, with CRLF, LF, and unknown fields",
          "[mta_sts][rfc8461-3.2]") {
  const auto policy = parse_policy(
      "max_age: 86400\r\nmx:*.Example.NET\nfuture: x\nversion: STSv1\r\nmx: mail.example.org.\n"
      "mode: enforce\nmode: none");
  REQUIRE(policy);
  CHECK(*policy ==
        Policy{Mode::enforce, {"*.example.net", "mail.example.org"}, std::chrono::seconds(86400)});
}

TEST_CASE("parse_policy: bounds", "[mta_sts][security]") {
  std::string many = "version: STSv1\nmode: enforce\nmax_age: 1\n";
  for (std::size_t i = 0; i < max_hosts; ++i) many += "mx: m" + std::to_string(i) + ".example\n";
  CHECK(parse_policy(many));
  CHECK_FALSE(parse_policy(many + "mx: more.example\n"));
  CHECK_FALSE(parse_policy(many + std::string(max_policy_size, '\n')));
  for (const char* host :
       {"", "*.", "*", "a..b", "*.*.example", "a b", "a:b", "a,b", "[192.0.2.1]"}) {
    CAPTURE(host);
    CHECK_FALSE(
        parse_policy("version: STSv1\nmode: enforce\nmax_age: 1\nmx: " + std::string(host) + "\n"));
  }
}

TEST_CASE("policy_url: where RFC 8461 has it", "[mta_sts][rfc8461-3.3]") {
  CHECK(policy_url("example.org") == "https://mta-sts.example.org/.well-known/mta-sts.txt");
}

}  // namespace
}  // namespace postern::mta_sts
