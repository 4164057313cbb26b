// Tests of reading DMARC records.
#include "lib/dmarc/record.hpp"

#include "lib/dmarc/report_uri.hpp"
#include "tests/support/catch.hpp"

namespace postern::dmarc {
namespace {

using namespace std::string_literals;

TEST_CASE("parse_record: what is no DMARC record", "[dmarc][rfc9989-4.7]") {
  const auto text =
      GENERATE(as<std::string>{}, "", "v", "v=", "v=DMARC", "v=DMARC11; p=reject",
               "v=dmarc1; p=reject", "v=DMARC2; p=reject", "p=reject; v=DMARC1",
               " v=DMARC1; p=reject", "x v=DMARC1", "v=DMARC1 p=reject", "v=DMARC1, p=reject",
               "=DMARC1", ";v=DMARC1", "v=spf1 -all", "v=DMARC1\0;p=reject"s,
               "v=DMARC1\r\n;p=reject", "v=DMARC1;" + std::string(max_record_size, ' '));
  CHECK_FALSE(parse_record(text));
}

TEST_CASE("parse_record: what is one", "[dmarc][rfc9989-4.8]") {
  const auto text = GENERATE(as<std::string>{}, "v=DMARC1;p=reject", "V=DMARC1; P=REJECT",
                             "v = DMARC1 ;  p = reject ; ", "v\t=\tDMARC1\t;\tp\t=\treject",
                             "v=DMARC1; foo=bar; p=reject; zz=1", "v=DMARC1;;;; ;p=reject;=;=x;y",
                             "v=DMARC1; pct=0; p=reject; rf=iodef; ri=x",
                             "v=DMARC1; p=reject; p=none", "v=DMARC1; adkim=r; p=reject",
                             "v=DMARC1; p=reject; adkim=x; aspf=; psd=x; t=x; fo=x; v=DMARC2");
  const Parsed<PolicyRecord> record = parse_record(text);
  REQUIRE(record);
  PolicyRecord expected;
  expected.p = Policy::reject;
  CHECK(*record == expected);
}

TEST_CASE("parse_record: every tag", "[dmarc][rfc9989-4.7]") {
  const Parsed<PolicyRecord> record = parse_record(
      "v=DMARC1; p=none; sp=quarantine; np=reject; adkim=s; aspf=S; psd=y; t=Y; fo=1:d : s;"
      "rua=mailto:a@a.example , mailto:b@b.example!10m,https://c.example/x;ruf=mailto:d@d.example");
  REQUIRE(record);
  CHECK(record->p == Policy::none);
  CHECK(record->sp == Policy::quarantine);
  CHECK(record->np == Policy::reject);
  CHECK(record->adkim == Alignment::strict);
  CHECK(record->aspf == Alignment::strict);
  CHECK(record->psd == PublicSuffix::yes);
  CHECK(record->testing);
  CHECK(record->fo == FailureOptions{false, true, true, true});
  CHECK(record->rua == std::vector<std::string>{"mailto:a@a.example", "mailto:b@b.example",
                                                "https://c.example/x"});
  CHECK(record->ruf == std::vector<std::string>{"mailto:d@d.example"});
  CHECK_FALSE(record->has_invalid_policy);
  CHECK_FALSE(record->has_more_uris);
}

TEST_CASE("parse_record: policies that are none are noted", "[dmarc][rfc9989-4.10.1]") {
  const auto text =
      GENERATE(as<std::string>{}, "p=", "p=rej", "p=r", "p=reject x", "p=reject; sp=bob",
               "p=reject; np=", "p=reject\0"s, "p=none, reject", "p=bob; p=reject");
  const Parsed<PolicyRecord> record = parse_record("v=DMARC1; " + text);
  REQUIRE(record);
  CHECK(record->has_invalid_policy);
  CHECK_FALSE(applicable(*record));
}

TEST_CASE("applicable: with reports wanted, a broken policy is none", "[dmarc][rfc9989-4.10.1]") {
  const auto [text, p] = GENERATE(table<std::string, std::optional<Policy>>({
      {"p=reject", Policy::reject},
      {"", std::nullopt},
      {"rua=mailto:a@a.example", Policy::none},
      {"p=bob; rua=mailto:a@a.example!10m", Policy::none},
      {"p=reject; sp=bob; rua=mailto:a@a.example", Policy::none},
      {"p=reject; np=bob; rua=mailto:a@a.example", Policy::none},
      {"p=reject; np=bob; rua=a@a.example", std::nullopt},
      {"p=bob; ruf=mailto:a@a.example", std::nullopt},
      {"p=bob; rua=mailto:", std::nullopt},
  }));
  const Parsed<PolicyRecord> record = parse_record("v=DMARC1; " + text);
  REQUIRE(record);
  const std::optional<PolicyRecord> applied = applicable(*record);
  CHECK(applied.has_value() == p.has_value());
  if (applied) CHECK(applied->p == p);
}

TEST_CASE("applicable: a broken policy makes none of the others", "[dmarc][rfc9989-4.10.1]") {
  const Parsed<PolicyRecord> record =
      parse_record("v=DMARC1; p=bob; sp=reject; np=reject; rua=mailto:a@a.example");
  REQUIRE(record);
  const std::optional<PolicyRecord> applied = applicable(*record);
  REQUIRE(applied);
  CHECK_FALSE(applied->sp);
  CHECK_FALSE(applied->np);
}

// DM-02.
TEST_CASE("parse_record: report addresses are bounded", "[dmarc][security]") {
  std::string text = "v=DMARC1; p=reject; rua=";
  for (int i = 0; i < 500; ++i) text += "mailto:a" + std::to_string(i) + "@a.example,";
  const Parsed<PolicyRecord> record = parse_record(text);
  REQUIRE(record);
  CHECK(record->p == Policy::reject);
  CHECK(record->rua.size() == max_report_uris);
  CHECK(record->rua.back() == "mailto:a19@a.example");
  CHECK(record->has_more_uris);
}

TEST_CASE("parse_report_uri: only what can be written to", "[dmarc][security]") {
  CHECK(parse_report_uri("MAILTO:a%2Cb@A.example?x=y!500").value_or("") ==
        "MAILTO:a%2Cb@A.example?x=y");
  CHECK(parse_report_uri("mailto:a!b@a.example").value_or("") == "mailto:a!b@a.example");
  const auto text =
      GENERATE(as<std::string>{}, "", "!10m", "a@a.example", ":a@a.example", "mailto:", "mailto:a",
               "mailto:@a.example", "mailto:a@", "mailto:a@a..example", "mailto:a@a_b(.example",
               "1x:y", "x y:z", "mailto:a@a.example\r\nBcc: b", "mailto:<a@a.example>",
               "mailto:a@a.example\0"s, "mailto:m\xc3\xbc@a.example");
  CHECK_FALSE(parse_report_uri(text));
}

TEST_CASE("format: gives back what was read", "[dmarc]") {
  const auto text = GENERATE(
      as<std::string>{}, "v=DMARC1", "v=DMARC1; p=reject",
      "v=DMARC1; p=none; sp=quarantine; np=reject; adkim=s; aspf=s; psd=n; t=y; fo=0:1:d:s; "
      "rua=mailto:a@a.example,mailto:b@b.example; ruf=mailto:c@c.example");
  const Parsed<PolicyRecord> record = parse_record(text);
  REQUIRE(record);
  CHECK(format(*record) == text);
}

}  // namespace
}  // namespace postern::dmarc
