#include "lib/mail/date.hpp"

#include "tests/support/catch.hpp"

namespace postern::mail {
namespace {

TEST_CASE("parse_date: current and obsolete forms", "[mail][rfc5322-3.3]") {
  struct Row {
    std::string text;
    DateTime date;
  };
  const auto row = GENERATE(values<Row>({
      {"Mon, 01 Jan 2024 10:00:00 +0000", {1704103200, 0}},
      {" mon,1 jan 2024 11:30:00 +0130 (CET)", {1704103200, 5400}},
      {"1 Jan 2024 05:00 EST", {1704103200, -18000}},
      {"1 Jan 24 10:00:00 GMT", {1704103200, 0}},
      {"Thu, 1 Jan 1970 00:00:00 -0000", {0, 0}},
      {"Wed, 31 Dec 69 23:59:59 +0000", {-1, 0}},
      {"29 Feb 2000 12:00:00 Z", {951825600, 0}},
      {"1 Jan 124 10:00:00 UT", {1704103200, 0}},
      {"Sun , 1 (c) Jan\r\n 2024 10 : 00 : 00 -0800", {1704132000, -28800}},
      {"1-Jan-2024 10:00:00 PDT", {1704128400, -25200}},
      {"31 December 2016 23:59:60 +0000", {1483228800, 0}},
      {"1 Jan 2024 10:00:00", {1704103200, 0}},
      {"1 Jan 2024 10:00:00 XYZ", {1704103200, 0}},
      {"1 Jan 2024 10:00:00 +99999", {1704103200, 0}},
      {"1 Jan 1900 00:00:00 +0000", {-2208988800, 0}},
      {"31 Dec 9999 23:59:59 +0000", {253402300799, 0}},
  }));
  INFO(row.text);
  const auto date = parse_date(row.text);
  REQUIRE(date.has_value());
  CHECK(*date == row.date);
}

TEST_CASE("parse_date: no date", "[mail]") {
  const auto text =
      GENERATE(as<std::string>{}, "", "x", "Mon, 32 Jan 2024 10:00:00 +0000", "0 Jan 2024 10:00",
               "30 Feb 2024 10:00", "29 Feb 1900 10:00", "1 Foo 2024 10:00", "1 Jan 2024",
               "1 Jan 2024 24:00:00", "1 Jan 2024 10:60", "1 Jan 2024 10:00:61", "1 Jan 1899 10:00",
               "1 Jan 20245 10:00", "111 Jan 2024 10:00", "1 Jan 4 10:00", "(((", "Mon, (");
  INFO(text);
  CHECK_FALSE(parse_date(text).has_value());
  CHECK_FALSE(parse_date(std::string(1000, '(') + "1 Jan 2024 10:00").has_value());
}

}  // namespace
}  // namespace postern::mail
