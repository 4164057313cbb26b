#include "lib/antispam/report/headers.hpp"

#include "tests/support/catch.hpp"

namespace postern::antispam {
namespace {

struct EncodeCase {
  std::string_view text, expected;
};

// Expected: Mail::SpamAssassin::PerMsgStatus::mime_encode_header 4.0.1.
constexpr EncodeCase encoded[] = {
    {"plain\012", "plain\012"},
    {"plain", "plain"},
    {"caf\303\251 noir", "=?UTF-8?Q?caf=C3=A9?= noir"},
    {"abc \303\251\303\251\303\251\303\251\303\251\303\251\303\251 end\012",
     "abc =?UTF-8?B?w6nDqcOpw6nDqcOpw6k=?= end\012"},
    {"a\377b=?_\012 x \200 y\012", "=?UTF-8?B?Yf9iPT9f?=\012 x =?UTF-8?Q?=80?= y\012"},
    {"   \342\202\254", "   =?UTF-8?B?4oKs?="},
    {"x\342\202\254\015\012next line\015\012", "=?UTF-8?B?eOKCrA==?=\015\012next line\015\012"},
    {"\001\002", "=?UTF-8?B?AQI=?="},
    {"Yes, score=7.5 tests=\303\251,B C\012\011D",
     "Yes, score=7.5 =?UTF-8?Q?tests=3D=C3=A9,B?= C\012\011D"},
    {"", ""},
};

TEST_CASE("header text is encoded as SpamAssassin does it") {
  for (const EncodeCase& c : encoded) {
    CHECK(encode_header_text(c.text) == c.expected);
  }
}

struct Fixture {
  Options options;
  SpamVerdict verdict;
  [[nodiscard]] TagSource source() const {
    return {options, verdict, "mx.example.org", "Mon, 30 Nov 2026 12:00:00 +0000", "x", {}};
  }
};

Fixture stock() {
  Fixture f;
  using When = HeaderTemplate::When;
  f.options.headers = {
      {When::all, "Checker-Version", "SpamAssassin _VERSION_ (_SUBVERSION_) on _HOSTNAME_"},
      {When::spam, "Flag", "_YESNOCAPS_"},
      {When::all, "Level", "_STARS(*)_"},
      {When::all, "Status",
       "_YESNO_, score=_SCORE_ required=_REQD_ tests=_TESTS_ autolearn=_AUTOLEARN_ "
       "version=_VERSION_"}};
  f.verdict.score = 7.44;
  for (const char* name :
       {"MISSING_HEADERS", "DATE_IN_PAST_96_XX", "FREEMAIL_FROM", "HTML_MESSAGE", "URI_TRY_3LD"}) {
    f.verdict.hits.push_back({name, 1.5, "", "", {}});
  }
  return f;
}

TEST_CASE("the stock headers of spam") {
  const Fixture f = stock();
  const auto headers = added_headers(f.source());
  REQUIRE(headers.size() == 4);
  CHECK(headers[0].name == "X-Spam-Checker-Version");
  CHECK(headers[0].value == "SpamAssassin 4.0.1 (x) on mx.example.org");
  CHECK(headers[1].name == "X-Spam-Flag");
  CHECK(headers[1].value == "YES");
  CHECK(headers[2].value == "*******");
  CHECK(headers[3].value ==
        "Yes, score=7.4 required=5.0 tests=DATE_IN_PAST_96_XX,\n"
        "\tFREEMAIL_FROM,HTML_MESSAGE,MISSING_HEADERS,URI_TRY_3LD\n"
        "\tautolearn=disabled version=4.0.1");
}

TEST_CASE("the stock headers of what is no spam") {
  Fixture f = stock();
  f.verdict.score = -0.3;
  f.verdict.hits.clear();
  const auto headers = added_headers(f.source());
  REQUIRE(headers.size() == 3);
  CHECK(headers[1].value.empty());
  CHECK(headers[2].value ==
        "No, score=-0.3 required=5.0 tests=none autolearn=disabled\n\tversion=4.0.1");
}

TEST_CASE("a header of several lines is indented, or joined where fold_headers is off") {
  Fixture f = stock();
  f.options.headers = {{HeaderTemplate::When::all, "Report", "_REPORT_"}};
  f.verdict.hits = {{"A_RULE", 2.5, "BODY: ", "What it means", {}}, {"B", -0.25, "", "Two", {}}};
  CHECK(added_headers(f.source())[0].value ==
        "\n\t*  2.5 A_RULE BODY: What it means\n\t* -0.2 B Two");
  f.options.fold_headers = false;
  CHECK(added_headers(f.source())[0].value == " *  2.5 A_RULE BODY: What it means * -0.2 B Two");
}

}  // namespace
}  // namespace postern::antispam
