#include "lib/io/idn2/to_ascii_domain.hpp"

#include "tests/support/catch.hpp"

namespace postern::io {
namespace {

TEST_CASE("to_ascii_domain: U-labels, A-labels, and plain labels", "[idn2][rfc5891]") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"Example.ORG", "example.org"},
      {"example.org.", "example.org"},
      {"_dmarc.a-b.example", "_dmarc.a-b.example"},
      {"b\xc3\xbc"
       "cher.example",
       "xn--bcher-kva.example"},
      {"B\xc3\x9c"
       "CHER.Example",
       "xn--bcher-kva.example"},
      {"fa\xc3\x9f.example", "xn--fa-hia.example"},  // non-transitional: not "fass"
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"s\xc3\xa9l._domainkey.example", "xn--sl-bja._domainkey.example"},
  };
  for (const auto& [domain, ascii] : rows) {
    CAPTURE(domain);
    const auto converted = to_ascii_domain(domain);
    REQUIRE(converted);
    CHECK(*converted == ascii);
  }
}

TEST_CASE("to_ascii_domain: what no domain may hold", "[idn2][security]") {
  const std::string rows[] = {"",
                              ".",
                              "a..b",
                              "a b.example",
                              "[192.0.2.1]",
                              "a(b.example",
                              std::string("a\0.example", 10),
                              std::string("\xc3\xbc\0.example", 11),
                              "\xff.example",
                              "\xc3.example",
                              "\xc3\xbc(.example",
                              "\xe2\x80\xae.example",  // right-to-left override
                              "\xef\xbc\x88.example",  // full-width bracket
                              std::string(400, 'a') + "\xc3\xbc",
                              std::string(2000, 'a') + "\xc3\xbc"};
  for (const std::string& row : rows) {
    CAPTURE(row.substr(0, 40));
    CHECK_FALSE(to_ascii_domain(row));
  }
}

}  // namespace
}  // namespace postern::io
