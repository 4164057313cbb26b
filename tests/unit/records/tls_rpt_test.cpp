// Tests of the TLS-RPT record.
#include "lib/records/tls_rpt.hpp"

#include "tests/support/catch.hpp"

namespace postern::records {
namespace {

using Uris = std::vector<std::string>;

TEST_CASE("parse_tls_rpt: URIs or error", "[records][rfc8460-3]") {
  const auto [text, uris] = GENERATE(table<std::string, Uris>({
      {"v=TLSRPTv1; rua=mailto:a@example.org", Uris{"mailto:a@example.org"}},
      {"v=TLSRPTv1;rua=mailto:a@b.example , https://c.example/x;",
       Uris{"mailto:a@b.example", "https://c.example/x"}},
      {"v=TLSRPTv1; x=y; rua=MAILTO:a@b.example", Uris{"MAILTO:a@b.example"}},
      {"v=TLSRPTv1; rua=a@example.org", Uris{}},
      {"v=TLSRPTv1; rua=", Uris{}},
      {"v=TLSRPTv1;", Uris{}},
      {"v=TLSRPTv2; rua=mailto:a@example.org", Uris{}},
      {"rua=mailto:a@example.org", Uris{}},
  }));
  const auto parsed = parse_tls_rpt(text);
  CHECK(parsed.has_value() == !uris.empty());
  if (parsed) CHECK(*parsed == uris);
}

TEST_CASE("format_tls_rpt: reads back", "[records]") {
  const Uris uris = {"mailto:a@example.org", "https://example.org/r"};
  CHECK(parse_tls_rpt(format_tls_rpt(uris)).value() == uris);
}

}  // namespace
}  // namespace postern::records
