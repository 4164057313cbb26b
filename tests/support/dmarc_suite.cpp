#include "tests/support/dmarc_suite.hpp"

#include "lib/io/idn2/to_ascii_domain.hpp"

namespace postern::test {
namespace {

std::string text_or_empty(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

// The suite writes an MX record as "10 host".
Json zone_in_our_form(Json zone) {
  for (auto& [owner, records] : zone.items()) {
    if (!records.contains("MX")) continue;
    for (Json& record : records["MX"]) {
      const std::string text = record;
      const std::size_t space = text.find(' ');
      record = Json::array({std::stoi(text.substr(0, space)), text.substr(space + 1)});
    }
  }
  return zone;
}

DmarcTest read_test(const Json& row) {
  DmarcTest test;
  test.id = row.at("id");
  test.zone = zone_of(zone_in_our_form(row.at("zone")));
  const std::string author = row.at("author_domain");
  test.request.author_domains = {io::to_ascii_domain(author).value_or(author)};
  test.request.spf_domain = text_or_empty(row.at("spf_pass_mailfrom"));
  test.spf_helo_domain = text_or_empty(row.at("spf_pass_helo"));
  test.request.dkim_domains = row.at("dkim_pass_d").get<std::vector<std::string>>();
  test.expect = row.at("expect");
  return test;
}

}  // namespace

std::vector<DmarcTest> read_dmarc_suite(const Json& suite) {
  std::vector<DmarcTest> tests;
  for (const Json& row : suite.at("cases")) tests.push_back(read_test(row));
  return tests;
}

}  // namespace postern::test
