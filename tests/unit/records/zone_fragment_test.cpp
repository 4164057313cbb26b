// Tests of writing records as master file.
#include "lib/records/zone_fragment.hpp"

#include "tests/support/catch.hpp"

namespace postern::records {
namespace {

using namespace std::string_literals;

TEST_CASE("quote_strings: escapes and cuts", "[records][rfc1035-5.1]") {
  const auto [text, quoted] = GENERATE(table<std::string, std::string>({
      {"", R"("")"},
      {"v=spf1 -all", R"("v=spf1 -all")"},
      {"a\"b\\c;d", R"("a\"b\\c;d")"},
      {"a\r\n\0\x7f\xff"s, R"("a\013\010\000\127\255")"},
      {std::string(255, 'a'), '"' + std::string(255, 'a') + '"'},
      {std::string(256, 'a'), '"' + std::string(255, 'a') + "\" \"a\""},
      {std::string(254, 'a') + "\"\"", '"' + std::string(254, 'a') + "\\\"\" \"\\\"\""},
  }));
  CHECK(quote_strings(text) == quoted);
}

TEST_CASE("format: one line per record", "[records]") {
  Record srv;
  srv.name = "_imaps._tcp.example.org";
  srv.type = Type::srv;
  srv.value = "mail.example.org";
  srv.weight = 1;
  srv.port = 993;
  CHECK(format(srv) == "_imaps._tcp.example.org. 3600 IN SRV 0 1 993 mail.example.org.");
  Record mx;
  mx.name = "example.org";
  mx.type = Type::mx;
  mx.value = "mail.example.org";
  mx.priority = 10;
  CHECK(format(mx) == "example.org. 3600 IN MX 10 mail.example.org.");
  CHECK(format(address_record("h.example.org", parse_ip_address("2001:db8::1").value())) ==
        "h.example.org. 3600 IN AAAA 2001:db8::1");
  CHECK(format(txt_record("a.example.org", "x\ny")) == "a.example.org. 3600 IN TXT \"x\\010y\"");
}

TEST_CASE("format: no name can end the line", "[records][security]") {
  const std::string line = format(txt_record("a\n; b\" c", "x"));
  CHECK(line == "a\\010\\059\\032b\\034\\032c. 3600 IN TXT \"x\"");
}

TEST_CASE("format_zone: what is no record is a comment", "[records]") {
  Plan plan;
  plan.domain = "example.org";
  plan.groups.push_back(
      {"Title\nevil. IN A 1.2.3.4", {"remark"}, {txt_record("a.example.org", "x")}});
  plan.elsewhere.push_back({"Other", {}, {txt_record("b.example.net", "y")}});
  plan.notes = {"note"};
  plan.mta_sts_policy = PolicyFile{"https://mta-sts.example.org/x", "one\r\ntwo\r\n"};
  std::vector<std::string> plain;
  const std::string text = format_zone(plan);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (text[at] != ';' && end > at) plain.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  CHECK(plain == std::vector<std::string>{"a.example.org. 3600 IN TXT \"x\""});
  for (const char* part :
       {"; b.example.net. 3600 IN TXT \"y\"\n", ";   one\n;   two\n", "; note\n"}) {
    CHECK(text.find(part) != text.npos);
  }
}

}  // namespace
}  // namespace postern::records
