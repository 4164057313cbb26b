// Lists and table files: which entry decides, and which lines are none.
#include "lib/policy/match_table.hpp"

#include "tests/support/catch.hpp"

namespace postern::policy {
namespace {

MatchTable make(const std::vector<std::string>& entries) {
  MatchTable table;
  for (const std::string& entry : entries) {
    INFO(entry);
    REQUIRE(table.add(entry).has_value());
  }
  return table;
}

TEST_CASE("holds_client: the longest network decides, in any order", "[policy]") {
  for (const auto& entries :
       {std::vector<std::string>{"192.0.2.0/24", "!192.0.2.128/25", "192.0.2.200", "2001:db8::/32",
                                 "!2001:db8:1::/48"},
        std::vector<std::string>{"!2001:db8:1::/48", "2001:db8::/32", "192.0.2.200",
                                 "!192.0.2.128/25", "192.0.2.0/24"}}) {
    const MatchTable table = make(entries);
    const auto holds = [&](const char* ip) { return table.holds_client(*parse_ip_address(ip)); };
    CHECK(holds("192.0.2.1"));
    CHECK_FALSE(holds("192.0.2.129"));
    CHECK(holds("192.0.2.200"));
    CHECK_FALSE(holds("192.0.3.1"));
    CHECK(holds("::ffff:192.0.2.1"));
    CHECK(holds("2001:db8::1"));
    CHECK_FALSE(holds("2001:db8:1::1"));
    CHECK_FALSE(holds("c000:201::"));
  }
  CHECK(make({"0.0.0.0/0"}).holds_client(*parse_ip_address("255.255.255.255")));
  CHECK_FALSE(make({"0.0.0.0/0"}).holds_client(*parse_ip_address("::1")));
  CHECK_FALSE(MatchTable().holds_client(IpAddress()));
}

TEST_CASE("holds_address: address, local part, domain, domains above", "[policy]") {
  const MatchTable set = make({"alice@example.org", "!bob@example.net", "example.net", "abuse@",
                               ".example.com", "!.safe.example.com", "!abuse@quiet.example", "<>"});
  const auto [address, holds] = GENERATE(table<std::string, bool>({
      {"alice@example.org", true},
      {"Alice@EXAMPLE.org", true},
      {"carol@example.org", false},
      {"bob@example.net", false},
      {"carol@example.net", true},
      {"carol@sub.example.net", false},
      {"abuse@anywhere.example", true},
      {"abuse@quiet.example", false},
      {"x@example.com", false},
      {"x@a.example.com", true},
      {"x@a.b.example.com", true},
      {"x@a.safe.example.com", false},
      {"", true},
      {"nobody", false},
      {"abuse", true},
      {"x@", false},
      {"x@a..example.com", true},
      {"\"alice@example.org\"@other.example", false},
  }));
  INFO(address);
  CHECK(set.holds_address(address) == holds);
}

TEST_CASE("holds_domain: names of clients", "[policy]") {
  const MatchTable table = make({".example.org", "mx.example.net"});
  CHECK(table.holds_domain("A.example.org"));
  CHECK(table.holds_domain("a.example.org."));
  CHECK_FALSE(table.holds_domain("example.org"));
  CHECK(table.holds_domain("mx.example.net"));
  CHECK_FALSE(table.holds_domain("a.mx.example.net"));
  CHECK_FALSE(table.holds_domain(""));
  CHECK_FALSE(table.holds_domain(std::string(100'000, '.')));
}

TEST_CASE("add: what is no entry is refused", "[policy]") {
  for (const char* entry :
       {"", "!", "@", "@example.org", "192.0.2.1/24", "192.0.2.0/33", "300.1.1.1", "1.2.3", "a b",
        "ex\xc3\xa4mple.org", "a..b", "user@a b", "::g", "..", "."}) {
    INFO(entry);
    MatchTable table;
    CHECK_FALSE(table.add(entry).has_value());
    CHECK(table.size() == 0);
  }
}

TEST_CASE("parse_table: comments, line ends, and errors with their line", "[policy]") {
  const auto good = parse_table("# clients\r\n192.0.2.0/24 # office\r\n\n  example.org\n\t\n!<>");
  REQUIRE(good.has_value());
  CHECK(good->size() == 3);
  const auto [text, line, problem] = GENERATE(table<std::string, std::size_t, std::string>({
      {"192.0.2.0/24\n192.0.2.9/24\n", 2, "bits behind its prefix"},
      {"a.example\n\nb.example REJECT\n", 3, "nothing behind"},
      {"a b", 1, "nothing behind"},
      {"\n\n\nnot/a/network", 4, "no address or network"},
  }));
  const auto wrong = parse_table(text);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().line == line);
  CHECK(std::string(wrong.error().problem).find(problem) != std::string::npos);
}

}  // namespace
}  // namespace postern::policy
